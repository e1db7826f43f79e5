/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/prefixes.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void prefixes_are_read(void **state)
{
	static const struct {
		const char *text;
		uint8_t ip_version, length;
		uint8_t address[16];
	} rows[] = {
		{"10.0.0.0/8", 4, 8, {10}},
		{"0.0.0.0/0", 4, 0, {0}},
		{"192.0.2.1", 4, 32, {192, 0, 2, 1}},
		{"192.0.2.1/32", 4, 32, {192, 0, 2, 1}},
		{"192.0.2.128/25", 4, 25, {192, 0, 2, 128}},
		{"2001:db8::/32", 6, 32, {0x20, 0x01, 0x0d, 0xb8}},
		{"::/0", 6, 0, {0}},
		{"::1", 6, 128, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
		{"fe80::/10", 6, 10, {0xfe, 0x80}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prefix prefix;

		assert_null(prefix_parse(rows[i].text, &prefix));
		assert_int_equal(prefix.ip_version, rows[i].ip_version);
		assert_int_equal(prefix.length, rows[i].length);
		assert_memory_equal(prefix.address, rows[i].address, 16);
	}
}

static void what_is_no_prefix_says_why(void **state)
{
	static const struct {
		const char *text, *word; /* a word of the reason */
	} rows[] = {
		{"", "address"},
		{"/8", "address"},
		{"10", "address"},
		{"10.0.0", "address"},
		{"10.0.0.256", "address"},
		{"010.0.0.0/8", "address"},
		{" 10.0.0.0/8", "address"},
		{"example.org", "address"},
		{"fe80::1%eth0", "address"},
		{"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/8", "address"},
		{"10.0.0.0/", "0 to 32"},
		{"10.0.0.0/33", "0 to 32"},
		{"10.0.0.0/-1", "0 to 32"},
		{"10.0.0.0/+8", "0 to 32"},
		{"10.0.0.0/08", "0 to 32"},
		{"10.0.0.0/8 ", "0 to 32"},
		{"10.0.0.0/255.0.0.0", "0 to 32"},
		{"10.0.0.0/99999999999999999999", "0 to 32"},
		{"2001:db8::/129", "0 to 128"},
		{"10.0.0.1/8", "beyond"},
		{"192.0.2.1/0", "beyond"},
		{"192.0.2.129/25", "beyond"},
		{"2001:db8::1/32", "beyond"},
		{"::1/0", "beyond"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prefix prefix;
		const char *error = prefix_parse(rows[i].text, &prefix);

		print_message("%s\n", rows[i].text);
		assert_non_null(error);
		assert_non_null(strstr(error, rows[i].word));
	}
}

static struct prefixes *set_of(const char *const *texts, size_t count)
{
	struct prefixes *set = prefixes_new();
	struct prefix prefix;

	for (size_t i = 0; i < count; i++) {
		assert_null(prefix_parse(texts[i], &prefix));
		prefixes_add(set, &prefix);
	}
	prefixes_seal(set);
	return set;
}

static bool contains(const struct prefixes *set, const char *text)
{
	uint8_t address[16];

	if (inet_pton(AF_INET, text, address) == 1)
		return prefixes_contain(set, address, 4);
	assert_int_equal(inet_pton(AF_INET6, text, address), 1);
	return prefixes_contain(set, address, 6);
}

struct membership {
	const char *address;
	bool inside;
};

static void check(const struct prefixes *set, const struct membership *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_message("%s\n", rows[i].address);
		assert_int_equal(contains(set, rows[i].address), rows[i].inside);
	}
}

static void first_and_last_address_are_inside(void **state)
{
	static const char *const texts[] = {"203.0.113.64/26", "192.0.2.0/24", "198.51.100.7",
		"2001:db8:1::/48", "2001:db8::8000:0/97"};
	static const struct membership rows[] = {
		{"192.0.1.255", false},
		{"192.0.2.0", true},
		{"192.0.2.255", true},
		{"192.0.3.0", false},
		{"198.51.100.6", false},
		{"198.51.100.7", true},
		{"198.51.100.8", false},
		{"203.0.113.63", false},
		{"203.0.113.64", true},
		{"203.0.113.127", true},
		{"203.0.113.128", false},
		{"0.0.0.0", false},
		{"255.255.255.255", false},
		{"2001:db8:0:ffff:ffff:ffff:ffff:ffff", false},
		{"2001:db8:1::", true},
		{"2001:db8:1:ffff:ffff:ffff:ffff:ffff", true},
		{"2001:db8:2::", false},
		{"2001:db8::7fff:ffff", false},
		{"2001:db8::8000:0", true},
		{"2001:db8::ffff:ffff", true},
		{"2001:db8::1:0:0", false},
	};
	struct prefixes *set = set_of(texts, COUNT(texts));

	check(set, rows, COUNT(rows));
	assert_int_equal(prefixes_count(set), 5);
	prefixes_free(set);
}

static void overlapping_and_touching_prefixes_merge(void **state)
{
	static const char *const texts[] = {"10.1.0.0/16", "10.0.0.0/8", "10.1.2.0/24",
		"10.0.0.0/8", "11.0.0.0/8", "255.255.255.255", "255.255.255.254", "::/1",
		"8000::/1", "ffff::/16"};
	static const struct membership rows[] = {
		{"9.255.255.255", false},
		{"10.0.0.0", true},
		{"10.1.2.3", true},
		{"10.1.3.0", true},
		{"10.255.255.255", true},
		{"11.0.0.0", true},
		{"11.255.255.255", true},
		{"12.0.0.0", false},
		{"255.255.255.253", false},
		{"255.255.255.254", true},
		{"255.255.255.255", true},
		{"::", true},
		{"7fff:ffff::", true},
		{"8000::", true},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", true},
	};
	struct prefixes *set = set_of(texts, COUNT(texts));

	check(set, rows, COUNT(rows));
	assert_int_equal(prefixes_count(set), 10);
	prefixes_free(set);
}

static void everything_and_nothing(void **state)
{
	static const char *const all4[] = {"0.0.0.0/0"};
	static const struct membership only4[] = {{"0.0.0.0", true}, {"255.255.255.255", true},
		{"::", false}, {"::ffff:1.2.3.4", false}};
	static const struct membership nothing[] = {
		{"0.0.0.0", false}, {"10.0.0.1", false}, {"::", false}, {"fe80::1", false}};
	struct prefixes *set = set_of(all4, 1);

	check(set, only4, COUNT(only4));
	prefixes_free(set);
	set = set_of(NULL, 0);
	check(set, nothing, COUNT(nothing));
	assert_int_equal(prefixes_count(set), 0);
	prefixes_free(set);
	prefixes_free(NULL);
}

/* The registries' bounds: RFC 1918, 6598, 3927, 4193, 4291. */
static void private_ranges(void **state)
{
	static const struct membership rows[] = {
		{"10.255.255.255", true},
		{"172.15.255.255", false},
		{"172.16.0.0", true},
		{"172.31.255.255", true},
		{"172.32.0.0", false},
		{"192.168.0.1", true},
		{"192.169.0.0", false},
		{"100.63.255.255", false},
		{"100.64.0.0", true},
		{"100.127.255.255", true},
		{"100.128.0.0", false},
		{"169.254.1.1", true},
		{"8.8.8.8", false},
		{"127.0.0.1", false},
		{"fbff::1", false},
		{"fc00::1", true},
		{"fdff::1", true},
		{"fe80::1", true},
		{"febf::1", true},
		{"fec0::1", false},
		{"2001:4860:4860::8888", false},
	};
	struct prefixes *set = prefixes_private();

	check(set, rows, COUNT(rows));
	prefixes_free(set);
}

/* Every second /24 of 10/8: 32768 ranges apart from each other, so the search has 15 steps. */
static void many_ranges(void **state)
{
	struct prefixes *set = prefixes_new();

	for (unsigned i = 65536; i-- > 0;) {
		struct prefix prefix = {{10, (uint8_t)(i >> 8), (uint8_t)i}, 4, 24};

		if (i % 2 == 0)
			prefixes_add(set, &prefix);
	}
	prefixes_seal(set);
	for (unsigned i = 0; i < 65536; i++) {
		const uint8_t first[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
		const uint8_t last[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 255};

		assert_int_equal(prefixes_contain(set, first, 4), i % 2 == 0);
		assert_int_equal(prefixes_contain(set, last, 4), i % 2 == 0);
	}
	prefixes_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_are_read),
		cmocka_unit_test(what_is_no_prefix_says_why),
		cmocka_unit_test(first_and_last_address_are_inside),
		cmocka_unit_test(overlapping_and_touching_prefixes_merge),
		cmocka_unit_test(everything_and_nothing),
		cmocka_unit_test(private_ranges),
		cmocka_unit_test(many_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
