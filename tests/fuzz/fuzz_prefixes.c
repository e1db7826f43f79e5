/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of text. Those that are prefixes make a set; then the ends of each, and what lies beside
 * them, are looked up and compared with a look at every prefix.
 */
#include "classifiers/prefixes.h"

#include <assert.h>
#include <string.h>

enum { MANY = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool in_prefix(const struct prefix *prefix, const uint8_t *address, uint8_t ip_version)
{
	if (prefix->ip_version != ip_version)
		return false;
	for (unsigned bit = 0; bit < prefix->length; bit++)
		if ((prefix->address[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static void look_up(const struct prefixes *set, const struct prefix *all, size_t count,
	const uint8_t *address, uint8_t ip_version)
{
	bool inside = false;

	for (size_t i = 0; i < count; i++)
		inside |= in_prefix(&all[i], address, ip_version);
	assert(prefixes_contain(set, address, ip_version) == inside);
}

/* Adds 1 or subtracts 1 (step 255), and wraps. */
static void move(uint8_t *address, unsigned bytes, uint8_t step)
{
	do {
		bytes--;
		address[bytes] += step;
	} while (bytes && address[bytes] == (step == 1 ? 0 : 255));
}

static void look_around(const struct prefixes *set, const struct prefix *all, size_t count,
	const struct prefix *prefix)
{
	unsigned bytes = prefix->ip_version == 4 ? 4 : 16;
	uint8_t address[16];

	memcpy(address, prefix->address, sizeof(address));
	look_up(set, all, count, address, prefix->ip_version);
	move(address, bytes, 255);
	look_up(set, all, count, address, prefix->ip_version);
	memcpy(address, prefix->address, sizeof(address));
	for (unsigned bit = prefix->length; bit < bytes * 8; bit++)
		address[bit / 8] |= 0x80 >> bit % 8;
	look_up(set, all, count, address, prefix->ip_version);
	move(address, bytes, 1);
	look_up(set, all, count, address, prefix->ip_version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prefixes *set = prefixes_new();
	struct prefix all[MANY];
	size_t count = 0;

	while (size && count < MANY) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;
		char text[128] = "";

		memcpy(text, data, len < sizeof(text) ? len : sizeof(text) - 1);
		if (!prefix_parse(text, &all[count]))
			prefixes_add(set, &all[count++]);
		data += end ? len + 1 : len;
		size -= end ? len + 1 : len;
	}
	prefixes_seal(set);
	assert(prefixes_count(set) == count);
	for (size_t i = 0; i < count; i++)
		look_around(set, all, count, &all[i]);
	prefixes_free(set);
	return 0;
}
