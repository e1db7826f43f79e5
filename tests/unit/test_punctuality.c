/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors of departures that are given, so that every figure is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/io/punctuality.h"

static struct punctuality punctuality;

static void errors_and_gaps(void **state)
{
	static const struct {
		uint64_t due_ns, at_ns;
		bool calm;
	} rows[] = {
		{1000, 1010, true},  /* 10 late */
		{2000, 2030, true},  /* 30 late, gap 20 more than it should be */
		{3000, 5000, false}, /* 2000 late, gap 1970 more */
		{6000, 6000, true},  /* in time, gap 2000 less; after one that was not calm */
		{7000, 6990, true},  /* 10 early, gap 10 less */
	};

	punctuality = (struct punctuality){0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		punctuality_add(&punctuality, rows[i].due_ns, rows[i].at_ns, rows[i].calm);
	assert_int_equal(punctuality.all.error.count, 5);
	assert_int_equal(punctuality.all.error.most, 2000);
	assert_int_equal(histogram_at(&punctuality.all.error, 0.6), 10); /* 0 10 10 30 2000 */
	assert_int_equal(punctuality.all.late, 1);
	assert_int_equal(punctuality.all.gap.count, 4);
	assert_int_equal(punctuality.all.gap.most, 2000);
	assert_int_equal(histogram_at(&punctuality.all.gap, 0.25), 10);
	assert_int_equal(punctuality.calm.error.count, 4);
	assert_int_equal(punctuality.calm.error.most, 30);
	assert_int_equal(punctuality.calm.late, 0);
	assert_int_equal(punctuality.calm.gap.count, 2);
	assert_int_equal(punctuality.calm.gap.most, 20);
}

static void drift_is_the_slope(void **state)
{
	static const double ppm[] = {0, 1, -1, 100, 0.25};
	const uint64_t start = 1ull << 60, step = 1000000000;

	for (size_t row = 0; row < sizeof(ppm) / sizeof(ppm[0]); row++) {
		punctuality = (struct punctuality){0};
		for (uint64_t i = 0; i < 60; i++) {
			int64_t error = 500 + (int64_t)((double)(i * step) * ppm[row] / 1e6);

			punctuality_add(&punctuality, start + i * step,
				start + i * step + (uint64_t)error, true);
		}
		assert_true(fabs(punctuality_drift_ppm(&punctuality) - ppm[row]) < 0.001);
	}
}

static void stalls_are_summed(void **state)
{
	punctuality = (struct punctuality){0};
	punctuality_stall(&punctuality, 20000);
	punctuality_stall(&punctuality, 50000);
	punctuality_stall(&punctuality, 10001);
	assert_int_equal(punctuality.stalls, 3);
	assert_int_equal(punctuality.stalled_ns, 80001);
	assert_int_equal(punctuality.longest_stall_ns, 50000);
	assert_true(punctuality_drift_ppm(&punctuality) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_and_gaps),
		cmocka_unit_test(drift_is_the_slope),
		cmocka_unit_test(stalls_are_summed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
