/* SPDX-License-Identifier: BSD-3-Clause */
/* Percentiles of the histogram beside those of the sorted values (nearest rank). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/io/histogram.h"

enum { VALUES = 20000 };

static struct histogram histogram;

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* As many bits as the row says; xorshift64 of Marsaglia. */
static uint64_t value_of(uint64_t *state, unsigned bits)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> (64 - bits);
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
	static const unsigned bits[] = {1, 6, 7, 8, 12, 20, 33, 63, 64};
	static const unsigned permille[] = {1, 10, 500, 900, 990, 999, 1000};
	static uint64_t values[VALUES];

	for (size_t row = 0; row < sizeof(bits) / sizeof(bits[0]); row++) {
		uint64_t seed = 88172645463325252ull;

		histogram = (struct histogram){0};
		for (size_t i = 0; i < VALUES; i++) {
			values[i] = value_of(&seed, bits[row]);
			histogram_add(&histogram, values[i]);
		}
		qsort(values, VALUES, sizeof(values[0]), by_size);
		for (size_t i = 0; i < sizeof(permille) / sizeof(permille[0]); i++) {
			uint64_t exact = values[permille[i] * (VALUES / 1000) - 1];
			uint64_t got = histogram_at(&histogram, permille[i] / 1000.0);

			assert_true(got >= exact);
			assert_true(got - exact <= exact / 128);
		}
	}
}

/* Both ends of each octave, and its neighbours, alone in a histogram with something larger. */
static void each_value_is_known_to_its_step(void **state)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		for (int beside = -1; beside <= 1; beside++) {
			uint64_t value = (1ull << bit) + (uint64_t)beside, got;

			histogram = (struct histogram){0};
			histogram_add(&histogram, value);
			histogram_add(&histogram, UINT64_MAX);
			got = histogram_at(&histogram, 0.5);
			assert_true(got >= value && got - value <= value / 128);
			assert_true(histogram.most == UINT64_MAX);
			assert_true(histogram_at(&histogram, 1) == UINT64_MAX);
		}
	}
}

static void empty_is_zero(void **state)
{
	histogram = (struct histogram){0};
	assert_true(histogram_at(&histogram, 0.5) == 0);
	assert_true(histogram_at(&histogram, 1) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
		cmocka_unit_test(each_value_is_known_to_its_step),
		cmocka_unit_test(empty_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
