/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/timeline.h"
#include "dataplane/prng.h"

#define MS 1000000ll
#define S  (1000 * MS)

enum { STEPS = 6 };

/* Capture times and the pipeline's; a capture time of 0 ends a row. */
static void steps(void **state)
{
	static const struct {
		const char *what;
		int64_t captured[STEPS], expected[STEPS];
		uint64_t small_steps, large_steps;
		int64_t largest_ns;
	} rows[] = {
		{"forwards", {10 * S, 11 * S, 11 * S, 12 * S}, {10 * S, 11 * S, 11 * S, 12 * S}, 0,
			0, 0},
		{"a real date", {1790000000 * S + 1, 1790000000 * S + 2},
			{1790000000 * S + 1, 1790000000 * S + 2}, 0, 0, 0},
		{"years forwards", {S, 900000000 * S}, {S, 900000000 * S}, 0, 0, 0},
		{"small steps come together with the one before",
			{10 * S, 9500 * MS, 9900 * MS, 10 * S, 10100 * MS},
			{10 * S, 10 * S, 10 * S, 10 * S, 10100 * MS}, 2, 0, 500 * MS},
		{"a nanosecond less than a second", {10 * S, 9 * S + 1, 11 * S},
			{10 * S, 10 * S, 11 * S}, 1, 0, S - 1},
		{"a second: another recording", {10 * S, 9 * S, 9500 * MS, 10400 * MS, 20 * S},
			{10 * S, 10 * S, 10500 * MS, 11400 * MS, 20 * S}, 0, 1, S},
		{"a recording of years ago", {1790000000 * S, 1000 * S, 1001 * S, 1003 * S},
			{1790000000 * S, 1790000000 * S, 1790000001 * S, 1790000003 * S}, 0, 1,
			1789999000 * S},
		{"jitter in the second recording", {100 * S, 5 * S, 7 * S, 6500 * MS, 7500 * MS},
			{100 * S, 100 * S, 102 * S, 102 * S, 102500 * MS}, 1, 1, 95 * S},
		{"three recordings", {100 * S, 5 * S, 6 * S, 2 * S, 4 * S},
			{100 * S, 100 * S, 101 * S, 101 * S, 103 * S}, 0, 2, 95 * S},
		{"a pause in the second recording is cut to an hour",
			{100000 * S, 5 * S, 7205 * S, 7206 * S},
			{100000 * S, 100000 * S, 103600 * S, 103601 * S}, 0, 1, 99995 * S},
		{"beyond what can be a time", {10 * S, INT64_MIN, -1, 12 * S},
			{10 * S, 10 * S, 10 * S, 12 * S}, 0, 2, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct timeline timeline = timeline_begin(1);

		for (int n = 0; n < STEPS && rows[i].captured[n]; n++) {
			uint64_t now_ns = timeline_at(&timeline, rows[i].captured[n]);

			if (now_ns != (uint64_t)rows[i].expected[n])
				fail_msg("%s: packet %d at %llu", rows[i].what, n + 1,
					(unsigned long long)now_ns);
		}
		assert_int_equal(timeline.small_steps, rows[i].small_steps);
		assert_int_equal(timeline.large_steps, rows[i].large_steps);
		assert_int_equal(timeline.largest_step_ns, rows[i].largest_ns);
	}
}

/* Gaps are divided by the speed; the first packet stays where it was. */
static void speeds(void **state)
{
	static const struct {
		double speed;
		int64_t first, gap, expected_gap;
	} rows[] = {
		{1, 1790000000 * S, 12345, 12345}, {2, 1000, 4000, 2000}, {0.5, 1000, 4001, 8002},
		{1000, 50 * S, 3600 * S, 3600 * MS}, {0.001, 50 * S, 7 * MS, 7 * S},
		{4, 0, 4 * S, S},
		{2, 1790000000 * S, 1002, 501}, /* doubles of such dates have steps of 256 ns */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct timeline timeline = timeline_begin(rows[i].speed);

		assert_int_equal(timeline_at(&timeline, rows[i].first), rows[i].first);
		for (int64_t n = 1; n < 4; n++)
			assert_int_equal(timeline_at(&timeline, rows[i].first + n * rows[i].gap),
				rows[i].first + n * rows[i].expected_gap);
	}
}

/* Any times at any speed: never backwards, and each step back is counted once. */
static void never_backwards(void **state)
{
	static const double all_speeds[] = {1, 0.1, 3};

	for (size_t i = 0; i < sizeof(all_speeds) / sizeof(all_speeds[0]); i++) {
		struct timeline timeline = timeline_begin(all_speeds[i]);
		uint64_t before = timeline_at(&timeline, 5 * S), captured = 5 * S;

		for (uint64_t n = 0; n < 100000; n++) {
			uint64_t draw = prng_draw(i, n), now_ns;

			if (draw % 10)
				captured += draw >> 40;
			else
				captured -= (draw >> 30) % (captured / 2);
			now_ns = timeline_at(&timeline, captured);
			assert_true(now_ns >= before);
			before = now_ns;
		}
		assert_int_equal(timeline.count, 100001);
		assert_true(timeline.small_steps + timeline.large_steps > 5000);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps),
		cmocka_unit_test(speeds),
		cmocka_unit_test(never_backwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
