/* SPDX-License-Identifier: BSD-3-Clause */
/* The arithmetic of the counter's line with values worked out by hand, and the clock itself. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "dataplane/io/tsc.h"
#include "dataplane/prng.h"
#include "tests/unit/because.h"

#define ONE       (1ull << 32)
#define SECOND_NS 1000000000ull

/* 2.5 GHz is 0.4 ns a tick: 0.4 * 2^32 = 1717986918.4, cut. */
#define MULT_2500MHZ 1717986918ull

static const struct conversion_row {
	struct tsc_line line;
	uint64_t tsc, ns;
	uint64_t first; /* tick with this ns */
} conversions[] = {
	{{0, 0, ONE}, 0, 0, 0},
	{{0, 0, ONE}, 77, 77, 77},
	{{1000, 50, ONE / 2}, 1000, 50, 1000},
	{{1000, 50, ONE / 2}, 1001, 50, 1000},
	{{1000, 50, ONE / 2}, 1002, 51, 1002},
	{{1000, 50, ONE / 2}, 998, 49, 998}, /* read before the line was bent */
	{{1000, 50, ONE / 2}, 997, 48, 996}, /* 48.5, and time is cut downwards */
	{{1000, 50, 40 * ONE}, 1003, 170, 1003},
	/* A day of 2.5 GHz: 216e12 ticks * 1717986918 / 2^32 = 86399999979883.44 */
	{{5, 0, MULT_2500MHZ}, 216000000000005, 86399999979883, 216000000000004},
	/* The counter wraps. */
	{{UINT64_MAX - 9, 100, ONE}, 10, 120, 10},
};

static void test_conversions(void **state)
{
	for (size_t i = 0; i < sizeof(conversions) / sizeof(conversions[0]); i++) {
		const struct conversion_row *row = &conversions[i];

		assert_int_equal(tsc_ns(&row->line, row->tsc), row->ns);
		assert_int_equal(tsc_at(&row->line, row->ns), row->first);
		assert_true((int64_t)(tsc_ns(&row->line, row->first - 1) - row->ns) < 0);
	}
}

static void test_fit_leaves_out_the_interrupted(void **state)
{
	/* 4 ns a tick; the two wide ones were read a ms late. */
	const struct tsc_sample samples[] = {
		{1000, 70000, 50},
		{2000, 74000, 100},
		{3000, 78000 + 1000000, 101},
		{4000, 82000, 60},
		{9000, 102000 + 1000000, 400000},
	};
	uint64_t mult = 0;

	assert_true(tsc_fit(samples, 5, &mult));
	assert_int_equal(mult, 4 * ONE);
	assert_false(tsc_fit(samples, 1, &mult));
	assert_false(tsc_fit(samples, 0, &mult));
}

/* 21 samples over 200 ms, each up to 20 ns wrong either way: least squares must come closer than
 * 20 ns / 200 ms * 2 = 0.2 ppm, whatever the errors are. */
static void test_fit_of_noise(void **state)
{
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct tsc_sample samples[21];
		uint64_t mult = 0;

		for (uint64_t i = 0; i < 21; i++) {
			uint64_t tsc = i * 25000000; /* 10 ms of 2.5 GHz */
			uint64_t noise = prng_draw(seed, i) % 41;

			samples[i] = (struct tsc_sample){tsc, tsc / 5 * 2 + 1000 + noise, 50};
		}
		assert_true(tsc_fit(samples, 21, &mult));
		assert_true(fabs((double)mult / (0.4 * ONE) - 1) < 0.2e-6);
	}
}

static void test_bend_works_off_an_offset(void **state)
{
	/* The line runs 1 ppm fast and is 1 us ahead; refined each second with the true slope. */
	struct tsc_line line = {0, 1000, (uint64_t)(0.4 * ONE * 1.000001)};

	for (uint64_t second = 1; second <= 60; second++) {
		struct tsc_sample sample = {second * 2500000000ull, second * SECOND_NS, 50};
		uint64_t before = tsc_ns(&line, sample.tsc);

		line = tsc_bend(&line, MULT_2500MHZ, &sample);
		assert_int_equal(tsc_ns(&line, sample.tsc), before);
		assert_true(fabs((double)line.mult / (0.4 * ONE) - 1) <= 0.501e-6);
	}
	/* 2 us at 0.5 ppm take 4 s, the rest goes by a quarter a second. */
	assert_in_range(tsc_ns(&line, 60 * 2500000000ull), 60 * SECOND_NS - 4, 60 * SECOND_NS + 4);
}

/* CLOCK_MONOTONIC_RAW at a tick: the narrowest of many readings. */
static struct tsc_sample look(void)
{
	struct tsc_sample best = {.width = UINT64_MAX};

	for (int i = 0; i < 2000; i++) {
		uint64_t before = tsc_now(), ns = tsc_raw_ns(), after = tsc_now();

		if (after - before < best.width)
			best = (struct tsc_sample){
				before + (after - before) / 2, ns, after - before};
	}
	return best;
}

static void test_within_a_ppm(void **state)
{
	const struct timespec half_second = {.tv_nsec = 500000000};
	uint64_t begun = tsc_raw_ns();
	struct tsc *tsc = tsc_new();
	struct tsc_sample first, last;
	struct tsc_line line;
	double ppm;

	if (!tsc)
		SKIP_BECAUSE("this machine's counter is not invariant");
	assert_true(tsc_raw_ns() - begun > 150 * 1000000ull);
	line = tsc_line(tsc);
	first = look();
	nanosleep(&half_second, NULL);
	last = look();
	ppm = ((double)(tsc_ns(&line, last.tsc) - tsc_ns(&line, first.tsc)) /
			      (double)(last.ns - first.ns) -
		      1) *
	      1e6;
	print_message("calibrated to %+.4f ppm\n", ppm);
	assert_true(fabs(ppm) <= 1);
	tsc_refine(tsc);
	assert_true(fabs(tsc_hz(tsc) / ((double)(last.tsc - first.tsc) * 1e9 /
					       (double)(last.ns - first.ns)) -
			    1) < 1e-6);
	assert_true(tsc_epoch_ns(tsc) + tsc_raw_ns() > 1700000000 * SECOND_NS);
	tsc_free(tsc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_fit_leaves_out_the_interrupted),
		cmocka_unit_test(test_fit_of_noise),
		cmocka_unit_test(test_bend_works_off_an_offset),
		cmocka_unit_test(test_within_a_ppm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
