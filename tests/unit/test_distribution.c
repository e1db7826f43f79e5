/* SPDX-License-Identifier: BSD-3-Clause */
/* Against the same formulas in the long doubles of libm. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/distribution.h"
#include "dataplane/prng.h"

enum { DRAWS = 200000 };

static const uint64_t odd_draws[] = {
	0, 1, 2, 3, 1ull << 31, 1ull << 32, 1ull << 62, 1ull << 63, UINT64_MAX - 1, UINT64_MAX};

enum { ODD = sizeof(odd_draws) / sizeof(odd_draws[0]) };

/* The extremes first, then any. */
static uint64_t nth_draw(uint64_t key, uint64_t n)
{
	return n < ODD ? odd_draws[n] : prng_draw(key, n);
}

static long double fraction_of(uint64_t draw)
{
	return ldexpl((long double)draw, -64) + ldexpl(0.5L, -64);
}

static void uniform(void **state)
{
	static const struct {
		uint64_t draw, low, high, gives;
	} rows[] = {
		{0, 10, 19, 10},
		{UINT64_MAX, 10, 19, 19},
		{1ull << 63, 10, 19, 15}, /* 10 + 10 / 2 */
		{(1ull << 63) - 1, 10, 19, 14},
		{UINT64_MAX, 7, 7, 7},
		{UINT64_MAX, 0, 3600000000000, 3600000000000},
		{1ull << 62, 0, 3, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(distribution_uniform(rows[i].draw, rows[i].low, rows[i].high),
			rows[i].gives);
}

static void check_normal(uint64_t draw, uint64_t another)
{
	const long double pi = acosl(-1.0L);
	/* 2^64 - 1/2 rounds to 1 in 64 bits, so small numbers beside 1 are log1p's. */
	long double rest = ldexpl((long double)(UINT64_MAX - draw), -64) + ldexpl(0.5L, -64);
	long double logarithm = draw >> 63 ? log1pl(-rest) : logl(fraction_of(draw));
	long double angle = ldexpl((long double)another, -64) * 2 * pi;
	long double exact = sqrtl(-2 * logarithm) * cosl(angle);
	long double found = ldexpl((long double)distribution_normal(draw, another), -32);

	assert_true(fabsl(found - exact) <= ldexpl(1, -27));
}

static void normal_is_box_and_muller(void **state)
{
	for (uint64_t i = 0; i < ODD; i++) {
		for (uint64_t j = 0; j < ODD; j++)
			check_normal(odd_draws[i], odd_draws[j]);
	}
	for (uint64_t n = ODD; n < DRAWS; n++)
		check_normal(nth_draw(1, n), nth_draw(2, n));
}

/* Chances of the normal distribution's table: within 1, 2, 3 deviations 68.27 %, 95.45 %,
 * 99.73 %. Four deviations of a count of n draws: 4 sqrt(n p (1 - p)). */
static void normal_is_normal(void **state)
{
	static const double within[] = {0.6826895, 0.9544997, 0.9973002};

	for (int z = 1; z <= 3; z++) {
		double p = within[z - 1], count = 0;

		for (uint64_t n = 0; n < DRAWS; n++) {
			int64_t value = distribution_normal(prng_draw(3, n), prng_draw(4, n));

			count += llabs(value) < (long long)z << 32;
		}
		assert_true(fabs(count - DRAWS * p) <= 4 * sqrt(DRAWS * p * (1 - p)));
	}
}

static void pareto_is_the_inverse(void **state)
{
	static const struct {
		uint64_t scale;
		double alpha;
	} rows[] = {{1000000, 1}, {1000000, 3}, {1, 1.5}, {3600000000000, 2}, {5000000, 0.01},
		{5000000, 1000}, {123456789, 2.5}};
	const uint64_t high = 3600ull * 1000 * 1000 * 1000;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t alpha = (uint64_t)llround(rows[i].alpha * 1e9);

		for (uint64_t n = 0; n < DRAWS / 10; n++) {
			uint64_t draw = nth_draw(5, n);
			long double exact =
				(long double)rows[i].scale *
				powl(fraction_of(draw), -1 / (long double)rows[i].alpha);
			long double bound = 1 + exact * 1e-15L / rows[i].alpha + exact * 1e-17L;
			uint64_t found = distribution_pareto(draw, rows[i].scale, alpha, high);

			if (exact > (long double)high + bound)
				assert_int_equal(found, high);
			else
				assert_true(fabsl((long double)found - exact) <= bound);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uniform),
		cmocka_unit_test(normal_is_box_and_muller),
		cmocka_unit_test(normal_is_normal),
		cmocka_unit_test(pareto_is_the_inverse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
