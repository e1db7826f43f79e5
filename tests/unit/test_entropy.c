/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/entropy.h"

enum { ROOM = 400 };

/*
 * Payloads by what the rules count. Bytes 0x8f and 0x87 have 5 and 4 bits set and do not print;
 * 0x41
 * ("A") and 0x43 ("C") print and have 2 and 3. With n of the first and m of the second the mean is
 * (5n + 4m) / (n + m), and so on: each row says its arithmetic.
 */
static uint32_t put(uint8_t *bytes, uint32_t at, uint8_t byte, uint32_t count)
{
	memset(bytes + at, byte, count);
	return at + count;
}

/* `count` bytes with `bits` set in all, none of them printable: 0x87 (4 bits) but for what is over
 * or under, in 0x8f (5) or 0x83 (3). */
static uint32_t with_bits(uint8_t *bytes, uint32_t count, uint32_t bits)
{
	uint32_t over = bits > 4 * count ? bits - 4 * count : 0;
	uint32_t under = bits < 4 * count ? 4 * count - bits : 0;
	uint32_t at = put(bytes, 0, 0x8f, over);

	at = put(bytes, at, 0x83, under);
	return put(bytes, at, 0x87, count - over - under);
}

static enum entropy_exemption of(const uint8_t *bytes, uint32_t len)
{
	struct entropy entropy = entropy_of((struct span){bytes, len});

	return entropy_exemption(&entropy, &entropy_published);
}

/* Ex1: 100 bytes with 340, 341, 459 and 460 bits. */
static void mean_of_set_bits(void **state)
{
	static const struct {
		uint32_t bits;
		enum entropy_exemption exemption;
	} rows[] = {
		{339, ENTROPY_SET_BITS},
		{340, ENTROPY_SET_BITS},
		{341, ENTROPY_NONE},
		{400, ENTROPY_NONE},
		{459, ENTROPY_NONE},
		{460, ENTROPY_SET_BITS},
		{461, ENTROPY_SET_BITS},
	};
	uint8_t bytes[ROOM];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t len = with_bits(bytes, 100, rows[i].bits);

		assert_int_equal(len, 100);
		assert_int_equal(entropy_of((struct span){bytes, len}).set_bits, rows[i].bits);
		assert_int_equal(of(bytes, len), rows[i].exemption);
	}
}

/* The mean is exact at any length: 3.4 of 5 bytes is 17 bits, 4.6 of them 23. */
static void mean_of_few_bytes(void **state)
{
	uint8_t bytes[ROOM];

	assert_int_equal(of(bytes, with_bits(bytes, 5, 17)), ENTROPY_SET_BITS);
	assert_int_equal(of(bytes, with_bits(bytes, 5, 18)), ENTROPY_NONE);
	assert_int_equal(of(bytes, with_bits(bytes, 5, 22)), ENTROPY_NONE);
	assert_int_equal(of(bytes, with_bits(bytes, 5, 23)), ENTROPY_SET_BITS);
	assert_int_equal(of(bytes, 0), ENTROPY_SET_BITS);
}

/* Ex2: `lead` bytes "C" (3 bits), then 100 of 4 bits: a mean between 3.9 and 4. */
static void printable_lead(void **state)
{
	uint8_t bytes[ROOM];

	for (uint32_t lead = 0; lead <= 8; lead++) {
		uint32_t len = put(bytes, put(bytes, 0, 'C', lead), 0x87, 100);

		assert_int_equal(entropy_of((struct span){bytes, len}).printable_lead, lead);
		assert_int_equal(of(bytes, len), lead >= 6 ? ENTROPY_PRINTABLE_LEAD : ENTROPY_NONE);
	}
}

/* Ex3: of 100 bytes, n times "C" in turn with 0x8f: no run and no lead beyond one byte. The mean is
 * (3n + 5(100 - n)) / 100, which is 4.00 for 50 and 3.98 for 51. */
static void printable_half(void **state)
{
	uint8_t bytes[ROOM];

	for (uint32_t n = 49; n <= 51; n++) {
		uint32_t len = put(bytes, 0, 0x8f, 100);

		for (uint32_t i = 0; i < n; i++)
			bytes[i < 50 ? 2 * i + 1 : 0] = 'C';
		assert_int_equal(entropy_of((struct span){bytes, len}).printable, n);
		assert_int_equal(of(bytes, len), n > 50 ? ENTROPY_PRINTABLE_HALF : ENTROPY_NONE);
	}
	/* 2 of 3 are more than half, 2 of 4 are not */
	assert_int_equal(of((const uint8_t *)"\x8f"
					     "C\x8f"
					     "C",
				 4),
		ENTROPY_NONE);
	assert_int_equal(of((const uint8_t *)"C\x8f"
					     "C",
				 3),
		ENTROPY_PRINTABLE_HALF);
}

/* Ex4: a run of 19 to 22 "C" within 200 bytes of 4 bits, in the middle and at the end. */
static void printable_run(void **state)
{
	uint8_t bytes[ROOM];

	for (uint32_t run = 19; run <= 22; run++) {
		for (uint32_t tail = 0; tail <= 100; tail += 100) {
			uint32_t at = put(bytes, 0, 0x87, 100);
			uint32_t len = put(bytes, put(bytes, at, 'C', run), 0x87, tail);
			enum entropy_exemption want =
				run > 20 ? ENTROPY_PRINTABLE_RUN : ENTROPY_NONE;

			assert_int_equal(of(bytes, len), want);
		}
	}
	/* 20, something else, 20 */
	put(bytes, put(bytes, put(bytes, put(bytes, 0, 0x87, 100), 'C', 20), 0x87, 1), 'C', 20);
	assert_int_equal(of(bytes, 141), ENTROPY_NONE);
}

/* What prints: 0x20 to 0x7e, and nothing beside. */
static void printable_bounds(void **state)
{
	static const uint8_t bytes[] = {0x20, 0x7e, 0x1f, 0x7f, 0x80, 0xff, 0x00};
	struct entropy entropy = entropy_of((struct span){bytes, sizeof(bytes)});

	assert_int_equal(entropy.printable, 2);
	assert_int_equal(entropy.printable_lead, 2);
	assert_int_equal(entropy.printable_run, 2);
	/* 1 + 6 + 5 + 7 + 1 + 8 + 0 */
	assert_int_equal(entropy.set_bits, 28);
}

/* Ex5: prefixes as in the paper's table; 100 bytes of 4 bits follow. */
static void known_prefixes(void **state)
{
	static const struct {
		const char *prefix;
		uint32_t len;
		enum entropy_exemption exemption;
	} rows[] = {
		{"\x16\x03\x00", 3, ENTROPY_KNOWN},
		{"\x16\x03\x09", 3, ENTROPY_KNOWN},
		{"\x17\x03\x03", 3, ENTROPY_KNOWN},
		{"\x16\x03\x0a", 3, ENTROPY_NONE},
		{"\x15\x03\x01", 3, ENTROPY_NONE},
		{"\x18\x03\x01", 3, ENTROPY_NONE},
		{"\x16\x02\x01", 3, ENTROPY_NONE},
		{"GET ", 4, ENTROPY_KNOWN},
		{"PUT ", 4, ENTROPY_KNOWN},
		{"POST ", 5, ENTROPY_KNOWN},
		{"HEAD ", 5, ENTROPY_KNOWN},
		{"GET\x87", 4, ENTROPY_NONE},
		{"HEAD\x87", 5, ENTROPY_NONE},
		{"get ", 4, ENTROPY_NONE},
	};
	uint8_t bytes[ROOM];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(bytes, rows[i].prefix, rows[i].len);
		assert_int_equal(of(bytes, put(bytes, rows[i].len, 0x87, 100)), rows[i].exemption);
	}
	/* alone: "\x16\x03" is no record, and has 5 bits in 2 bytes: 2.5 */
	assert_int_equal(of((const uint8_t *)"\x16\x03", 2), ENTROPY_SET_BITS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mean_of_set_bits),
		cmocka_unit_test(mean_of_few_bytes),
		cmocka_unit_test(printable_lead),
		cmocka_unit_test(printable_half),
		cmocka_unit_test(printable_run),
		cmocka_unit_test(printable_bounds),
		cmocka_unit_test(known_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
