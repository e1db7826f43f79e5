/* SPDX-License-Identifier: BSD-3-Clause */
#include "readdress.h"

#include "dataplane/prng.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 bits; /* an address as a number, IPv4 in the lowest 32 */

/* Nobody's addresses. `free_bits`: how many of the last ones a later pass may change; few enough
 * that a subscriber stays within the prefix that a testbed is likely to call inside. */
static const struct special {
	const char *prefix;
	uint8_t free_bits;
} specials[] = {
	{"0.0.0.0/8", 0},
	{"10.0.0.0/8", 8},
	{"100.64.0.0/10", 8},
	{"127.0.0.0/8", 0},
	{"169.254.0.0/16", 0},
	{"172.16.0.0/12", 8},
	{"192.0.2.0/24", 8},
	{"192.168.0.0/16", 8},
	{"198.18.0.0/15", 8},
	{"198.51.100.0/24", 8},
	{"203.0.113.0/24", 8},
	{"224.0.0.0/3", 0}, /* multicast, reserved, broadcast */
	{"::/127", 0},      /* unspecified and loopback */
	{"2001:2::/48", 32},
	{"2001:db8::/32", 32},
	{"3fff::/20", 32},
	{"fc00::/7", 32},
	{"fe80::/10", 0},
	{"ff00::/8", 0},
};

enum {
	SPECIALS = sizeof(specials) / sizeof(specials[0]),
	RANGES = SPECIALS + 2,
	CACHE = 4096, /* addresses; a power of two */
};

struct range {
	bits network, mask;
	uint8_t ip_version, free_bits;
};

/* An address of pass 0. */
struct mapped {
	bits from, to;
	uint8_t ip_version; /* 0: an empty place */
	uint8_t free_bits;
	bool lab;
};

struct readdress {
	uint64_t seed;
	bool lab;
	enum fresh fresh;
	struct range special[SPECIALS];
	struct range into[2]; /* IPv4, IPv6 */
	struct mapped cache[CACHE];
};

static bits bits_of(const uint8_t *address, unsigned bytes)
{
	bits value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value = value << 8 | address[i];
	return value;
}

static void put_bits(bits value, uint8_t *address, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0; value >>= 8)
		address[i] = (uint8_t)value;
}

/* The lowest `count` bits, up to 127. */
static bits low_bits(unsigned count)
{
	return ((bits)1 << count) - 1;
}

static struct range range_of(const struct prefix *prefix, unsigned free_bits)
{
	unsigned bytes = prefix->ip_version == 4 ? 4 : 16;

	return (struct range){
		.network = bits_of(prefix->address, bytes),
		.mask = ~low_bits(bytes * 8 - prefix->length),
		.ip_version = prefix->ip_version,
		.free_bits = (uint8_t)free_bits,
	};
}

static struct range parsed(const char *text, unsigned free_bits)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix) != NULL)
		abort();
	return range_of(&prefix, free_bits);
}

/* All that the range leaves free; of IPv6 32 bits, as many as the shift has. */
static struct range lab_range(const struct prefix *given, const char *fallback)
{
	struct range range = given->ip_version ? range_of(given, 0) : parsed(fallback, 0);

	range.free_bits = 0;
	while (range.free_bits < 32 && !(range.mask >> range.free_bits & 1))
		range.free_bits++;
	return range;
}

struct readdress *readdress_new(const struct readdress_options *options)
{
	struct readdress *readdress = calloc(1, sizeof(*readdress));

	if (!readdress)
		abort();
	readdress->seed = options->seed;
	readdress->lab = options->lab;
	readdress->fresh = options->fresh;
	for (int i = 0; i < SPECIALS; i++)
		readdress->special[i] = parsed(specials[i].prefix, specials[i].free_bits);
	readdress->into[0] = lab_range(&options->lab4, READDRESS_LAB4);
	readdress->into[1] = lab_range(&options->lab6, READDRESS_LAB6);
	return readdress;
}

void readdress_free(struct readdress *readdress)
{
	free(readdress);
}

/* `low`: how many bits lie below the one in question. */
static bool flips(uint64_t seed, bits above, unsigned low)
{
	uint64_t key = prng_mix(seed ^ low, (uint64_t)(above >> 64));

	return prng_draw(key, (uint64_t)above) & 1;
}

static bits into_lab(const struct readdress *readdress, const struct range *lab, bits address)
{
	bits result = lab->network;

	for (unsigned low = 0; !(lab->mask >> low & 1); low++) {
		bits bit = address >> low & 1;

		/* Two shifts: all 128 bits may be below. */
		result |= (bit ^ flips(readdress->seed, address >> low >> 1, low)) << low;
	}
	return result;
}

static struct mapped map(const struct readdress *readdress, bits address, uint8_t ip_version)
{
	const struct range *lab = &readdress->into[ip_version == 6];
	struct mapped mapped = {address, address, ip_version, 0, false};

	for (int i = 0; i < SPECIALS; i++) {
		const struct range *range = &readdress->special[i];

		if (range->ip_version == ip_version && (address & range->mask) == range->network) {
			mapped.free_bits = range->free_bits;
			return mapped;
		}
	}
	if (!readdress->lab)
		return mapped;
	mapped.to = into_lab(readdress, lab, address);
	mapped.free_bits = lab->free_bits;
	mapped.lab = true;
	return mapped;
}

static const struct mapped *look_up(struct readdress *readdress, bits address, uint8_t ip_version)
{
	uint64_t hash = prng_mix((uint64_t)(address >> 64) ^ readdress->seed, (uint64_t)address);
	struct mapped *place = &readdress->cache[hash % CACHE];

	if (place->from != address || place->ip_version != ip_version)
		*place = map(readdress, address, ip_version);
	return place;
}

/* Another one for each pass until the free bits are used up: an odd factor is one to one. */
static bits shift(uint64_t pass, unsigned free_bits)
{
	const uint64_t odd = 0x9e3779b97f4a7c15ull;

	return (pass * odd) & (uint64_t)low_bits(free_bits);
}

bool readdress_address(
	struct readdress *readdress, uint64_t pass, uint8_t *address, uint8_t ip_version)
{
	unsigned bytes = ip_version == 4 ? 4 : 16;
	const struct mapped *mapped = look_up(readdress, bits_of(address, bytes), ip_version);
	bits to = mapped->to;

	if (readdress->fresh == FRESH_HOSTS)
		to ^= shift(pass, mapped->free_bits);
	if (to != mapped->from)
		put_bits(to, address, bytes);
	return mapped->lab;
}

void readdress_ports(const struct readdress *readdress, uint64_t pass, uint16_t ports[2])
{
	enum {
		FIRST = 1024,
		COUNT = 65536 - FIRST,
		STRIDE = 40507 /* shares no factor with COUNT */
	};
	uint16_t *higher = ports[0] > ports[1] ? &ports[0] : &ports[1];

	if (readdress->fresh == FRESH_NONE || ports[0] == ports[1] || *higher < FIRST)
		return;
	*higher = (uint16_t)(FIRST + (*higher - FIRST + pass % COUNT * STRIDE) % COUNT);
}
