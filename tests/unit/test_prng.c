/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/prng.h"

/* The constants of wyhash that the two factors are xored with. */
#define WY0 0xa0761d6478bd642full
#define WY1 0xe7037ed1a0b428dbull

static void mixing_folds_the_product(void **state)
{
	static const struct {
		uint64_t first, second, folded; /* folded: high half xor low half of the product */
	} rows[] = {
		{0, 12345, 0}, {1, 5, 5}, {1ull << 63, 6, 3}, /* 3 * 2^64 */
		{1ull << 63, 7, 3 | 1ull << 63},              /* 3 * 2^64 + 2^63 */
		{UINT64_MAX, 2, UINT64_MAX},                  /* 2^65 - 2: 1 and 2^64 - 2 */
		{1ull << 32, 1ull << 32, 1},                  /* 2^64 */
		{UINT64_MAX, UINT64_MAX, UINT64_MAX},         /* 2^128 - 2^65 + 1: 2^64 - 2 and 1 */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(prng_mix(rows[i].first ^ WY0, rows[i].second ^ WY1) == rows[i].folded);
}

static void probabilities(void **state)
{
	static const struct {
		uint64_t draw, probability;
		bool hits;
	} rows[] = {
		{0, 0, false},
		{0, 1, true},
		{1, 1, false},
		{(1ull << 63) - 1, 1ull << 63, true},
		{1ull << 63, 1ull << 63, false},
		{UINT64_MAX, UINT64_MAX - 1, false},
		{UINT64_MAX, UINT64_MAX, true},
		{0, UINT64_MAX, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(prng_hits(rows[i].draw, rows[i].probability), rows[i].hits);
}

/* Each bit is set half of the time, for neighbouring positions and for neighbouring keys: 64 bits
 * of 100,000 draws each within 5 sigma (sigma = sqrt(100000) / 2 = 158). */
static void bits_are_balanced(void **state)
{
	enum { DRAWS = 100000 };

	for (int by_key = 0; by_key <= 1; by_key++) {
		int set[64] = {0};

		for (uint64_t n = 0; n < DRAWS; n++) {
			uint64_t draw = by_key ? prng_draw(n, 1) : prng_draw(1, n);

			for (int bit = 0; bit < 64; bit++)
				set[bit] += draw >> bit & 1;
		}
		for (int bit = 0; bit < 64; bit++)
			assert_true(abs(set[bit] - DRAWS / 2) <= 5 * 158);
	}
}

/* 65,536 cells of the upper half against the lower: chi-square has a mean of 65535 and a standard
 * deviation of sqrt(2 * 65535) = 362. */
static void bytes_are_independent(void **state)
{
	static uint32_t cells[65536];
	const double expected = 32;
	double chi = 0;

	for (uint64_t n = 0; n < 65536 * 32; n++)
		cells[(prng_draw(3, n) >> 56 << 8 | (prng_draw(3, n) & 0xff))]++;
	for (int i = 0; i < 65536; i++)
		chi += (cells[i] - expected) * (cells[i] - expected) / expected;
	assert_true(fabs(chi - 65535) < 5 * 362);
}

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* A million draws of 64 bits: two that are equal have a chance of 2.7e-8. */
static void draws_differ(void **state)
{
	enum { KEYS = 1000, POSITIONS = 1000 };
	uint64_t *draws = malloc(KEYS * POSITIONS * sizeof(*draws));

	assert_non_null(draws);
	for (uint64_t n = 0; n < KEYS * POSITIONS; n++)
		draws[n] = prng_draw(n / POSITIONS, n % POSITIONS);
	qsort(draws, KEYS * POSITIONS, sizeof(*draws), by_value);
	for (size_t n = 1; n < KEYS * POSITIONS; n++)
		assert_true(draws[n - 1] != draws[n]);
	free(draws);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mixing_folds_the_product),
		cmocka_unit_test(probabilities),
		cmocka_unit_test(bits_are_balanced),
		cmocka_unit_test(bytes_are_independent),
		cmocka_unit_test(draws_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
