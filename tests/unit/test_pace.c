/* SPDX-License-Identifier: BSD-3-Clause */
/* Deadlines: what each row says is arithmetic that can be done in the head. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/io/pace.h"

#define SECOND_NS (1000ull * 1000 * 1000)
#define HOUR_NS   (3600 * SECOND_NS)

static void deadlines(void **state)
{
	static const struct {
		uint64_t units_per_second, pass_units, pass, position, due_ns;
	} rows[] = {
		/* Speeds 1, 2, 1/2 and 1000. */
		{PACE_SPEED_ONE, 0, 0, 0, 0},
		{PACE_SPEED_ONE, 0, 0, 1, 1},
		{PACE_SPEED_ONE, 0, 0, 1000 * HOUR_NS, 1000 * HOUR_NS},
		{2 * PACE_SPEED_ONE, 0, 0, 3, 1},
		{2 * PACE_SPEED_ONE, 0, 0, HOUR_NS, HOUR_NS / 2},
		{PACE_SPEED_ONE / 2, 0, 0, HOUR_NS + 1, 2 * HOUR_NS + 2},
		{1000 * PACE_SPEED_ONE, 0, 0, 12345678, 12345},
		/* Passes, each speed: the first packet of a pass and the second. */
		{PACE_SPEED_ONE, 700, 1, 0, 700},
		{PACE_SPEED_ONE, 700, 3, 5, 2105},
		{2 * PACE_SPEED_ONE, 700, 3, 6, 1053},
		{PACE_SPEED_ONE / 2, 700, 3, 5, 4210},
		{PACE_SPEED_ONE, HOUR_NS, 1000000, 7, 1000000 * HOUR_NS + 7},
		/* 1 Mbit/s: a bit is 1000 ns. 3 bit/s: a third of a second is cut, not rounded. */
		{1000000, 0, 0, 672, 672000},
		{3, 0, 0, 1, 333333333},
		{3, 0, 0, 3000000001, 1000000000333333333},
		/* 10^9 packets at 3 a second, and at 7 millions: no error adds up. */
		{3, 1, 999999999, 0, 333333333 * SECOND_NS},
		{7000000, 1, 1000000000, 0, 142857142857},
		/* Beyond 64 bits. */
		{1, UINT64_MAX, UINT64_MAX, 0, UINT64_MAX},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pace pace = {.units_per_second = rows[i].units_per_second,
			.pass_units = rows[i].pass_units};

		assert_true(pace_due(&pace, rows[i].pass, rows[i].position) == rows[i].due_ns);
	}
}

/* 3 Mpps for 10^9 packets: n / 3000 ns each, in whatever pass it comes. */
static void nothing_adds_up_over_a_milliard_packets(void **state)
{
	struct parcel parcels[7] = {{0}};
	struct pace pace = {.kind = PACE_PACKETS, .units_per_second = 3000000};

	pace_lay_out(&pace, parcels, 7);
	assert_true(pace.pass_units == 7);
	for (uint64_t n = 0; n < 1000000000; n += 999983)
		assert_true(pace_due(&pace, n / 7, parcels[n % 7].position) == n * 1000 / 3);
}

/* Frames of 60, 1514 and 20 bytes are 64, 1518 and 64 bytes on the wire. */
static void a_rate_counts_each_packet_by_its_wire_bytes(void **state)
{
	struct parcel parcels[] = {{.bytes = 60}, {.bytes = 1514}, {.bytes = 20}};
	struct pace pace = {.kind = PACE_BITS, .units_per_second = 1000000};
	const struct pace_limits twice = {.passes = 2};
	struct pace_plan plan;

	pace_lay_out(&pace, parcels, 3);
	assert_true(parcels[0].position == 0);
	assert_true(parcels[1].position == 64 * 8);
	assert_true(parcels[2].position == (64 + 1518) * 8);
	assert_true(pace.pass_units == (64 + 1518 + 64) * 8);
	plan = pace_plan(&pace, parcels, 3, &twice);
	assert_true(plan.packets == 6);
	assert_true(plan.bytes == 2 * (60 + 1514 + 20));
	assert_true(plan.wire_bytes == 2 * (64 + 1518 + 64));
	assert_true(plan.last_ns == (64 + 1518 + 64 + 64 + 1518) * 8 * 1000ull);
}

/* 0, 10 and 40 ns: the mean gap is 20, so a pass is 60 long. */
static void passes_of_a_capture_are_a_mean_gap_apart(void **state)
{
	struct parcel parcels[] = {{.position = 0}, {.position = 10}, {.position = 40}};
	struct pace pace = {.kind = PACE_CAPTURE, .units_per_second = PACE_SPEED_ONE};
	static const struct {
		struct pace_limits limits;
		uint64_t packets, last_ns;
	} rows[] = {
		{{.passes = 1}, 3, 40},
		{{.passes = 2}, 6, 100},
		{{.passes = 3}, 9, 160},
		{{.passes = 3, .packets = 4}, 4, 60},
		{{.packets = 5}, 5, 70},
		{{.duration_ns = 70}, 4, 60},
		{{.duration_ns = 71}, 5, 70},
		{{.passes = 1, .duration_ns = 1000}, 3, 40},
		{{.packets = 2, .duration_ns = 1}, 1, 0},
		{{0}, UINT64_MAX, 0},
	};

	pace_lay_out(&pace, parcels, 3);
	assert_true(pace.pass_units == 60);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pace_plan plan = pace_plan(&pace, parcels, 3, &rows[i].limits);

		assert_true(plan.packets == rows[i].packets);
		assert_true(plan.last_ns == rows[i].last_ns);
	}
}

static void one_packet_or_none(void **state)
{
	struct parcel one = {.bytes = 100};
	struct pace pace = {.kind = PACE_CAPTURE, .units_per_second = PACE_SPEED_ONE};
	const struct pace_limits thrice = {.passes = 3};
	struct pace_plan plan;

	pace_lay_out(&pace, &one, 1);
	plan = pace_plan(&pace, &one, 1, &thrice);
	assert_true(plan.packets == 3 && plan.bytes == 300 && plan.last_ns == 0);
	pace_lay_out(&pace, NULL, 0);
	assert_true(pace_plan(&pace, NULL, 0, &thrice).packets == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines),
		cmocka_unit_test(nothing_adds_up_over_a_milliard_packets),
		cmocka_unit_test(a_rate_counts_each_packet_by_its_wire_bytes),
		cmocka_unit_test(passes_of_a_capture_are_a_mean_gap_apart),
		cmocka_unit_test(one_packet_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
