/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/bench/spread.h"

static void medians(void **state)
{
	static const struct {
		double values[5];
		uint32_t count;
		double median, least, most;
	} rows[] = {
		{{7}, 1, 7, 7, 7},
		{{1, 2}, 2, 1.5, 1, 2},
		{{3, 1, 2}, 3, 2, 1, 3},
		{{4, 1, 3, 2}, 4, 2.5, 1, 4},
		{{5, 5, 100, 5, 1}, 5, 5, 1, 100},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct spread spread = spread_of(rows[i].values, rows[i].count, 1);

		assert_true(spread.median == rows[i].median);
		assert_true(spread.least == rows[i].least);
		assert_true(spread.most == rows[i].most);
		assert_true(spread.low <= spread.median && spread.median <= spread.high);
		assert_int_equal(spread.count, rows[i].count);
	}
}

/* Of two values a resample's median is the lower one with chance 1/4, the higher one likewise: both
 * are within the middle 95 %. */
static void two_values(void **state)
{
	struct spread spread = spread_of((const double[]){10, 20}, 2, 1);

	assert_true(spread.low == 10 && spread.high == 20);
}

/* Of 0 to 98 the median's interval by order statistics (binomial, n 99): ranks 40 to 60, values 39
 * to 59. The bootstrap's is within two of it. */
static void order_statistics(void **state)
{
	double values[99];
	struct spread spread;

	for (int i = 0; i < 99; i++)
		values[i] = (i * 37) % 99;
	spread = spread_of(values, 99, 1);
	assert_true(spread.median == 49);
	assert_true(spread.low >= 37 && spread.low <= 41);
	assert_true(spread.high >= 57 && spread.high <= 61);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(medians),
		cmocka_unit_test(two_values),
		cmocka_unit_test(order_statistics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
