/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prefixes become ranges [first, last], sorted, merged where they overlap or touch. An address is
 * inside when the last range that begins at or before it does not end before it.
 *
 * The search halves the number of candidates, never the question: its trip count depends on how
 * many ranges there are, and the comparison becomes a conditional move.
 */
#include "prefixes.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 address128;

struct range4 {
	uint32_t first, last;
};

struct range6 {
	address128 first, last;
};

struct prefixes {
	struct prefix *added;
	size_t added_count, added_room;
	struct range4 *v4;
	struct range6 *v6;
	size_t v4_count, v6_count;
};

static uint32_t load4(const uint8_t *address)
{
	return (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16 | (uint32_t)address[2] << 8 |
	       address[3];
}

static address128 load6(const uint8_t *address)
{
	address128 value = 0;

	for (unsigned i = 0; i < 16; i += 4)
		value = value << 32 | load4(address + i);
	return value;
}

/* Host bits of a prefix, set. Shifting by the whole width is undefined in C. */
static uint32_t host_bits4(unsigned length)
{
	return length ? (uint32_t)(((uint64_t)1 << (32 - length)) - 1) : UINT32_MAX;
}

static address128 host_bits6(unsigned length)
{
	return length ? ((address128)1 << (128 - length)) - 1 : ~(address128)0;
}

/* Decimal, no sign, no leading zero. -1: it is none, or more than max. */
static int parse_length(const char *text, int max)
{
	int value = 0;

	if (*text < '0' || *text > '9' || (text[0] == '0' && text[1]))
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
		if (value > max)
			return -1;
	}
	return value;
}

static bool has_host_bits(const struct prefix *prefix)
{
	if (prefix->ip_version == 4)
		return load4(prefix->address) & host_bits4(prefix->length);
	return (load6(prefix->address) & host_bits6(prefix->length)) != 0;
}

const char *prefix_parse(const char *text, struct prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchrnul(text, '/');
	int length, bits;

	memset(prefix, 0, sizeof(*prefix));
	if ((size_t)(slash - text) >= sizeof(address))
		return "not an IPv4 or IPv6 address";
	memcpy(address, text, slash - text);
	address[slash - text] = '\0';
	if (inet_pton(AF_INET, address, prefix->address) == 1)
		prefix->ip_version = 4;
	else if (inet_pton(AF_INET6, address, prefix->address) == 1)
		prefix->ip_version = 6;
	else
		return "not an IPv4 or IPv6 address";
	bits = prefix->ip_version == 4 ? 32 : 128;
	length = *slash ? parse_length(slash + 1, bits) : bits;
	if (length < 0)
		return bits == 32 ? "an IPv4 prefix length is 0 to 32"
				  : "an IPv6 prefix length is 0 to 128";
	prefix->length = (uint8_t)length;
	return has_host_bits(prefix) ? "the address has bits beyond the prefix length" : NULL;
}

static void *array_of(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		abort();
	return memory;
}

struct prefixes *prefixes_new(void)
{
	return array_of(1, sizeof(struct prefixes));
}

void prefixes_free(struct prefixes *set)
{
	if (!set)
		return;
	free(set->added);
	free(set->v4);
	free(set->v6);
	free(set);
}

void prefixes_add(struct prefixes *set, const struct prefix *prefix)
{
	if (set->added_count == set->added_room) {
		set->added_room = set->added_room ? set->added_room * 2 : 16;
		set->added = reallocarray(set->added, set->added_room, sizeof(*set->added));
		if (!set->added)
			abort();
	}
	set->added[set->added_count++] = *prefix;
}

/* In the order of the first address; network byte order compares as bytes. */
static int compare_first(const void *a, const void *b)
{
	const struct prefix *left = a, *right = b;

	if (left->ip_version != right->ip_version)
		return left->ip_version - right->ip_version;
	return memcmp(left->address, right->address, sizeof(left->address));
}

/* Prefixes nest or are apart: one that begins no later than just after the last range's end either
 * lies in it or prolongs it. */
static void merge4(struct prefixes *set, const struct prefix *prefix)
{
	uint32_t first = load4(prefix->address), last = first | host_bits4(prefix->length);
	struct range4 *open = set->v4_count ? &set->v4[set->v4_count - 1] : NULL;

	if (!open || (open->last != UINT32_MAX && first > open->last + 1))
		set->v4[set->v4_count++] = (struct range4){first, last};
	else if (last > open->last)
		open->last = last;
}

static void merge6(struct prefixes *set, const struct prefix *prefix)
{
	address128 first = load6(prefix->address), last = first | host_bits6(prefix->length);
	struct range6 *open = set->v6_count ? &set->v6[set->v6_count - 1] : NULL;

	if (!open || (open->last != ~(address128)0 && first > open->last + 1))
		set->v6[set->v6_count++] = (struct range6){first, last};
	else if (last > open->last)
		open->last = last;
}

void prefixes_seal(struct prefixes *set)
{
	size_t v4 = 0;

	if (set->added_count)
		qsort(set->added, set->added_count, sizeof(*set->added), compare_first);
	while (v4 < set->added_count && set->added[v4].ip_version == 4)
		v4++;
	free(set->v4);
	free(set->v6);
	set->v4 = array_of(v4, sizeof(*set->v4));
	set->v6 = array_of(set->added_count - v4, sizeof(*set->v6));
	set->v4_count = set->v6_count = 0;
	for (size_t i = 0; i < v4; i++)
		merge4(set, &set->added[i]);
	for (size_t i = v4; i < set->added_count; i++)
		merge6(set, &set->added[i]);
}

size_t prefixes_count(const struct prefixes *set)
{
	return set->added_count;
}

/* The last range that does not begin after the address, or the first of all. */
static bool contain4(const struct prefixes *set, uint32_t address)
{
	const struct range4 *range = set->v4;

	if (!set->v4_count)
		return false;
	for (size_t left = set->v4_count; left > 1; left -= left / 2)
		range += range[left / 2].first <= address ? left / 2 : 0;
	return range->first <= address && address <= range->last;
}

static bool contain6(const struct prefixes *set, address128 address)
{
	const struct range6 *range = set->v6;

	if (!set->v6_count)
		return false;
	for (size_t left = set->v6_count; left > 1; left -= left / 2)
		range += range[left / 2].first <= address ? left / 2 : 0;
	return range->first <= address && address <= range->last;
}

bool prefixes_contain(const struct prefixes *set, const uint8_t *address, uint8_t ip_version)
{
	if (ip_version == 4)
		return contain4(set, load4(address));
	return contain6(set, load6(address));
}

struct prefixes *prefixes_private(void)
{
	static const char *const ranges[] = {
		"10.0.0.0/8",     /* RFC 1918 */
		"172.16.0.0/12",  /* RFC 1918 */
		"192.168.0.0/16", /* RFC 1918 */
		"100.64.0.0/10",  /* RFC 6598 */
		"169.254.0.0/16", /* RFC 3927 */
		"fc00::/7",       /* RFC 4193 */
		"fe80::/10",      /* RFC 4291 section 2.5.6 */
	};
	struct prefixes *set = prefixes_new();
	struct prefix prefix;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (prefix_parse(ranges[i], &prefix))
			abort();
		prefixes_add(set, &prefix);
	}
	prefixes_seal(set);
	return set;
}
