/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/units.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *text;
	enum quantity quantity;
	uint64_t value;
} good[] = {
	{"1bit/s", QUANTITY_RATE, 1}, {"140kbit/s", QUANTITY_RATE, 140000},
	{"140 kbit/s", QUANTITY_RATE, 140000}, {"1.5Mbit/s", QUANTITY_RATE, 1500000},
	{"0.001kbit/s", QUANTITY_RATE, 1}, {"400Gbit/s", QUANTITY_RATE, 400000000000},
	{"17.5kB/s", QUANTITY_RATE, 140000}, /* 17500 bytes of 8 bits */
	{"700B/s", QUANTITY_RATE, 5600}, {"1.5000000MB/s", QUANTITY_RATE, 12000000},
	{"17500B", QUANTITY_BYTES, 17500}, {"16KiB", QUANTITY_BYTES, 16384},
	{"16kB", QUANTITY_BYTES, 16000}, {"0.5KiB", QUANTITY_BYTES, 512},
	{"1MiB", QUANTITY_BYTES, 1048576}, {"1GiB", QUANTITY_BYTES, 1073741824},
	{"0B", QUANTITY_BYTES, 0}, {"18446744073709551615B", QUANTITY_BYTES, UINT64_MAX},
	{"600s", QUANTITY_DURATION, 600000000000}, {"10min", QUANTITY_DURATION, 600000000000},
	{"2h", QUANTITY_DURATION, 7200000000000}, {"0.1s", QUANTITY_DURATION, 100000000},
	{"1.5us", QUANTITY_DURATION, 1500}, {"25 packets", QUANTITY_PACKETS, 25},
	{"1 packet", QUANTITY_PACKETS, 1}, {"25packets", QUANTITY_PACKETS, 25},
	{"2021-04-02", QUANTITY_DATE, 20210402}, {"2024-02-29", QUANTITY_DATE, 20240229},
	{"2000-02-29", QUANTITY_DATE, 20000229}, /* divisible by 400 */
};

static const struct {
	const char *text;
	enum quantity quantity;
	const char *why; /* part of the message */
} bad[] = {
	{"140", QUANTITY_RATE, "has no unit: a rate is written like 140kbit/s"},
	{"140kbit", QUANTITY_RATE, "did you mean \"kbit/s\": allowed units are bit/s"},
	{"140Kbit/s", QUANTITY_RATE, "did you mean \"kbit/s\""},
	{"140kbps", QUANTITY_RATE, "is not a rate, did you mean \"kbit/s\": allowed units"},
	{"1.5Mbps", QUANTITY_RATE, "did you mean \"Mbit/s\""},
	{"140 apples", QUANTITY_RATE, "is not a rate: allowed units are bit/s, kbit/s"},
	{"0kbit/s", QUANTITY_RATE, "1bit/s to 400Gbit/s"},
	{"400.000000001Gbit/s", QUANTITY_RATE, "1bit/s to 400Gbit/s"},
	{"0.5bit/s", QUANTITY_RATE, "not a whole number of the smallest unit"},
	{"-1kbit/s", QUANTITY_RATE, "no sign"},
	{"1e3bit/s", QUANTITY_RATE, "is not a rate"},
	{"1.kbit/s", QUANTITY_RATE, "not a plain decimal number"},
	{".5kbit/s", QUANTITY_RATE, "not a plain decimal number"},
	{"1.2.3kbit/s", QUANTITY_RATE, "is not a rate"},
	{"", QUANTITY_BYTES, "not a plain decimal number"},
	{"B", QUANTITY_BYTES, "not a plain decimal number"},
	{"17500", QUANTITY_BYTES, "has no unit"},
	{"1.5B", QUANTITY_BYTES, "whole number"},
	{"18446744073709551616B", QUANTITY_BYTES, "too large"},
	{"99999999999999999999999999B", QUANTITY_BYTES, "too many digits"},
	{"10m", QUANTITY_DURATION, "is not a duration"},
	{"600", QUANTITY_DURATION, "has no unit"},
	{"0.1ns", QUANTITY_DURATION, "whole number"},
	{"25", QUANTITY_PACKETS, "has no unit"},
	{"2.5 packets", QUANTITY_PACKETS, "whole number"},
	{"2021-02-29", QUANTITY_DATE, "not a day of the calendar"},
	{"1900-02-29", QUANTITY_DATE, "not a day of the calendar"}, /* divisible by 100 only */
	{"2021-13-01", QUANTITY_DATE, "not a day of the calendar"},
	{"2021-4-2", QUANTITY_DATE, "not a date"},
	{"2021-04-021", QUANTITY_DATE, "not a date"},
};

/* p * 2^64 by hand: 0.9 * 18446744073709551616 = 16602069666338596454.4 */
static const struct {
	const char *text;
	uint64_t value;
} shares[] = {
	{"0", 0}, {"0.0", 0}, {"0%", 0}, {"1", UINT64_MAX}, {"1.0", UINT64_MAX},
	{"100%", UINT64_MAX}, {"0.5", 1ull << 63}, {"50%", 1ull << 63}, {"0.25", 1ull << 62},
	{"12.5%", 1ull << 61}, {"0.9", 16602069666338596454u}, {"90%", 16602069666338596454u},
	{"0.0014", 25825441703193372u}, /* .262... is rounded down */
};

static void test_good(void **state)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char why[UNITS_WHY] = "";
		uint64_t value = 99;

		if (!units_parse(good[i].text, good[i].quantity, &value, why))
			fail_msg("%s: %s", good[i].text, why);
		assert_int_equal(value, good[i].value);
	}
}

static void test_bad(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char why[UNITS_WHY] = "";
		uint64_t value;

		if (units_parse(bad[i].text, bad[i].quantity, &value, why))
			fail_msg("%s was taken", bad[i].text);
		if (!strstr(why, bad[i].why))
			fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].text, why, bad[i].why);
	}
}

static void test_probability(void **state)
{
	static const char *const wrong[] = {
		"1.1", "101%", "-0.5", "0.5x", "", "50 percent", "0.1234567890123456789", "1e-3"};
	char why[UNITS_WHY];
	uint64_t value;

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		assert_true(units_probability(shares[i].text, &value, why));
		assert_int_equal(value, shares[i].value);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(units_probability(wrong[i], &value, why));
}

static void test_count(void **state)
{
	char why[UNITS_WHY];
	uint64_t value;

	assert_true(units_count("0", 255, &value, why));
	assert_int_equal(value, 0);
	assert_true(units_count("255", 255, &value, why));
	assert_int_equal(value, 255);
	assert_false(units_count("256", 255, &value, why));
	assert_false(units_count("1.0", 255, &value, why));
	assert_false(units_count("1 packet", 255, &value, why));
	assert_false(units_count("-1", 255, &value, why));
}

static void test_recognise(void **state)
{
	static const struct {
		const char *text;
		enum quantity quantity;
	} cases[] = {
		{"15", QUANTITY_NUMBER},
		{"0.9", QUANTITY_NUMBER},
		{"90%", QUANTITY_NUMBER},
		{"140kbit/s", QUANTITY_RATE},
		{"17500B", QUANTITY_BYTES},
		{"600s", QUANTITY_DURATION},
		{"25 packets", QUANTITY_PACKETS},
		{"2021-04-02", QUANTITY_DATE},
		{"inside", QUANTITY_TEXT},
		{"10.0.0.0/8", QUANTITY_TEXT},
		{"1000-2000", QUANTITY_TEXT},
	};
	uint64_t value;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(units_recognise(cases[i].text, &value), cases[i].quantity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_probability),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_recognise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
