/* SPDX-License-Identifier: BSD-3-Clause */
/* The mapping held against its definition, and shifts worked out by hand. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/readdress.h"
#include "dataplane/prng.h"

static bool map(struct readdress *readdress, uint64_t pass, const char *from, char *into)
{
	bool ipv6 = strchr(from, ':');
	uint8_t address[16];
	bool lab;

	assert_int_equal(inet_pton(ipv6 ? AF_INET6 : AF_INET, from, address), 1);
	lab = readdress_address(readdress, pass, address, ipv6 ? 6 : 4);
	inet_ntop(ipv6 ? AF_INET6 : AF_INET, address, into, INET6_ADDRSTRLEN);
	return lab;
}

/* Of pass 1: p * 0x9e3779b97f4a7c15, of which the last 8 bits are 0x15, the last 32 0x7f4a7c15. */
static const struct special_row {
	const char *first, *second;
} specials[] = {
	{"10.0.0.2", "10.0.0.23"},
	{"10.255.255.255", "10.255.255.234"},
	{"100.64.0.1", "100.64.0.20"},
	{"100.127.255.1", "100.127.255.20"},
	{"172.16.0.1", "172.16.0.20"},
	{"172.31.255.1", "172.31.255.20"},
	{"192.168.1.21", "192.168.1.0"},
	{"192.0.2.1", "192.0.2.20"},
	{"198.18.0.1", "198.18.0.20"},
	{"198.19.255.1", "198.19.255.20"},
	{"198.51.100.1", "198.51.100.20"},
	{"203.0.113.1", "203.0.113.20"},
	{"0.0.0.0", "0.0.0.0"},
	{"127.0.0.1", "127.0.0.1"},
	{"169.254.1.1", "169.254.1.1"},
	{"224.0.0.251", "224.0.0.251"},
	{"239.255.255.250", "239.255.255.250"},
	{"255.255.255.255", "255.255.255.255"},
	{"::", "::"},
	{"::1", "::1"},
	{"fe80::1", "fe80::1"},
	{"ff02::1", "ff02::1"},
	{"fd00::2", "fd00::7f4a:7c17"},
	{"2001:db8::", "2001:db8::7f4a:7c15"},
	{"2001:2::1", "2001:2::7f4a:7c14"},
	{"3fff::1", "3fff::7f4a:7c14"},
};

static void test_specials_stay(void **state)
{
	static const enum fresh each[] = {FRESH_NONE, FRESH_PORTS, FRESH_HOSTS};

	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		for (size_t f = 0; f < 3; f++) {
			struct readdress_options options = {
				.seed = i, .lab = true, .fresh = each[f]};
			struct readdress *readdress = readdress_new(&options);
			char into[INET6_ADDRSTRLEN];

			assert_false(map(readdress, 0, specials[i].first, into));
			assert_string_equal(into, specials[i].first);
			assert_false(map(readdress, 1, specials[i].first, into));
			assert_string_equal(into,
				each[f] == FRESH_HOSTS ? specials[i].second : specials[i].first);
			readdress_free(readdress);
		}
	}
}

/* Neighbours of the special ranges. */
static const char *const publics[] = {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255",
	"100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
	"172.15.255.255", "172.32.0.0", "192.0.1.255", "192.0.3.0", "192.167.255.255",
	"192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "203.0.112.255",
	"223.255.255.255", "::2", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:db7:ffff::1",
	"2001:db9::", "2001:2:1::", "2606:4700::1111", "3ffe:ffff::1", "fec0::1"};

static void test_publics_go_into_the_lab(void **state)
{
	struct readdress_options options = {.seed = 1, .lab = true, .fresh = FRESH_HOSTS};
	struct readdress *lab = readdress_new(&options);
	struct readdress *keep;

	options.lab = false;
	keep = readdress_new(&options);
	for (size_t i = 0; i < sizeof(publics) / sizeof(publics[0]); i++) {
		char into[INET6_ADDRSTRLEN];

		for (uint64_t pass = 0; pass < 3; pass++) {
			assert_true(map(lab, pass, publics[i], into));
			if (strchr(into, ':'))
				assert_memory_equal(into, "2001:2:0:", 9);
			else
				assert_true(
					!memcmp(into, "198.18.", 7) || !memcmp(into, "198.19.", 7));
			assert_false(map(keep, pass, publics[i], into));
			assert_string_equal(into, publics[i]);
		}
	}
	readdress_free(lab);
	readdress_free(keep);
}

static unsigned shared_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned i = 0;

	while (i < bits && !((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1))
		i++;
	return i;
}

static const struct width_row {
	uint8_t ip_version;
	unsigned bits, lost;   /* of the address; of those, not in the lab range */
	const char *lab4;      /* NULL: the default */
	unsigned network_bits; /* that all mapped addresses share */
} widths[] = {
	{4, 32, 15, NULL, 15},
	{4, 32, 8, "10.0.0.0/8", 8},
	{4, 32, 30, "192.0.2.4/30", 30},
	{6, 128, 48, NULL, 48},
};

/* Two addresses with exactly k leading bits in common, k at least `lost`, have exactly k - lost
 * free bits in common after the network's, in any two passes' images alike. */
static void test_preserves_prefixes(void **state)
{
	for (size_t row = 0; row < sizeof(widths) / sizeof(widths[0]); row++) {
		const struct width_row *width = &widths[row];
		struct readdress_options options = {.seed = 7, .lab = true};
		struct readdress *readdress;

		if (width->lab4)
			assert_null(prefix_parse(width->lab4, &options.lab4));
		readdress = readdress_new(&options);
		for (uint64_t i = 0; i < 20000; i++) {
			uint8_t a[16], b[16];
			unsigned k;

			for (unsigned byte = 0; byte < 16; byte++)
				a[byte] = b[byte] = (uint8_t)prng_draw(i, byte);
			a[0] = b[0] = 0x20 | (a[0] & 1); /* public, in both versions */
			k = width->lost +
			    (unsigned)(prng_draw(i, 16) % (width->bits - width->lost));
			k = k < 16 ? 16 : k; /* 2001: is not all public */
			b[k / 8] ^= (uint8_t)(0x80 >> k % 8);
			for (unsigned bit = k + 1; bit < width->bits; bit++)
				b[bit / 8] ^= (uint8_t)((prng_draw(i, bit) & 1) << (7 - bit % 8));
			if (k >= width->bits ||
				!readdress_address(readdress, 0, a, width->ip_version))
				continue;
			assert_true(readdress_address(readdress, 0, b, width->ip_version));
			assert_int_equal(shared_bits(a, b, width->bits),
				k - width->lost + width->network_bits);
		}
		readdress_free(readdress);
	}
}

/* The seed is a key: every second bit or so is another one, and no network bit. */
static void test_keyed(void **state)
{
	struct readdress_options one = {.seed = 1, .lab = true}, two = {.seed = 2, .lab = true};
	struct readdress *first = readdress_new(&one), *second = readdress_new(&two);
	unsigned differ = 0, again = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t address = htonl(0x30000000 + i * 104729), a = address, b = address;
		uint32_t c = address;

		readdress_address(first, 0, (uint8_t *)&a, 4);
		readdress_address(second, 0, (uint8_t *)&b, 4);
		readdress_address(first, 0, (uint8_t *)&c, 4);
		differ += (unsigned)__builtin_popcount(a ^ b);
		again += a == c;
	}
	assert_int_equal(again, 1000);
	assert_in_range(differ, 17 * 1000 / 2 - 1000, 17 * 1000 / 2 + 1000);
	readdress_free(first);
	readdress_free(second);
}

/* All 2^17 addresses of the default range come before one is used again. */
static void test_passes_use_the_range(void **state)
{
	struct readdress_options options = {.seed = 1, .lab = true, .fresh = FRESH_HOSTS};
	struct readdress *readdress = readdress_new(&options);
	static uint8_t seen[1 << 17];

	for (uint64_t pass = 0; pass < 1 << 17; pass++) {
		uint8_t address[4] = {8, 8, 8, 8};
		uint32_t host;

		assert_true(readdress_address(readdress, pass, address, 4));
		host = (address[1] & 1u) << 16 | (uint32_t)address[2] << 8 | address[3];
		assert_int_equal(seen[host]++, 0);
	}
	readdress_free(readdress);
}

/* 1024 + (port - 1024 + 40507 * pass) % 64512. */
static const struct port_row {
	uint64_t pass;
	uint16_t before[2], after[2];
} ports[] = {
	{0, {50000, 443}, {50000, 443}},
	{1, {50000, 443}, {25995, 443}},
	{1, {443, 50000}, {443, 25995}},
	{2, {50000, 443}, {1990, 443}},
	{1, {1024, 53}, {41531, 53}},
	{1, {65535, 53}, {41530, 53}},
	{1, {50001, 50000}, {25996, 50000}},
	{1, {5060, 5060}, {5060, 5060}},
	{1, {1023, 53}, {1023, 53}},
	{64512, {50000, 443}, {50000, 443}},
};

static void test_ports(void **state)
{
	struct readdress_options options = {.fresh = FRESH_PORTS};
	uint16_t kept[2] = {50000, 443};
	struct readdress *readdress = readdress_new(&options);

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		uint16_t pair[2] = {ports[i].before[0], ports[i].before[1]};

		readdress_ports(readdress, ports[i].pass, pair);
		assert_int_equal(pair[0], ports[i].after[0]);
		assert_int_equal(pair[1], ports[i].after[1]);
	}
	readdress_free(readdress);
	options.fresh = FRESH_NONE;
	readdress = readdress_new(&options);
	readdress_ports(readdress, 1, kept);
	assert_int_equal(kept[0], 50000);
	readdress_free(readdress);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_specials_stay),
		cmocka_unit_test(test_publics_go_into_the_lab),
		cmocka_unit_test(test_preserves_prefixes),
		cmocka_unit_test(test_keyed),
		cmocka_unit_test(test_passes_use_the_range),
		cmocka_unit_test(test_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
