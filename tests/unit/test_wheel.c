/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timing wheel beside a list that is sorted: what is pushed comes out once, slot by slot, what
 * is in one slot in the order in which it went in, never early and at most a slot late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dataplane/prng.h"
#include "dataplane/wheel.h"

#define SECOND_NS (1000ull * 1000 * 1000)
#define START_NS  (1790000000 * SECOND_NS + 12345)
#define MIDDLE_NS (1ull << 20) /* slots of the other two levels */
#define COARSE_NS (1ull << 30)

static struct wheel *wheel_at(uint64_t now_ns, uint32_t limit)
{
	struct wheel *wheel = wheel_new(limit);
	struct wheel_entry none;

	assert_non_null(wheel);
	assert_int_equal(wheel_pop(wheel, now_ns, &none, 1), 0);
	assert_true(wheel_next_ns(wheel) == UINT64_MAX);
	return wheel;
}

static const struct held some = {.bytes = 1500, .born = 3, .port = 1, .counted = 7};

/* Each alone: nothing until the slot has ended, then it. Distances on both sides of every bound. */
static void leaves_when_its_slot_has_ended(void **state)
{
	static const uint64_t ahead[] = {1, 1023, 1024, 1025, 65536, MIDDLE_NS - 1, MIDDLE_NS,
		MIDDLE_NS + 1, 2 * MIDDLE_NS - 1, 2 * MIDDLE_NS, 2 * MIDDLE_NS + 1, 67000000,
		COARSE_NS - 1, COARSE_NS, COARSE_NS + 1, 2 * COARSE_NS - 1, 2 * COARSE_NS,
		2 * COARSE_NS + 1, 60 * SECOND_NS, 2046 * COARSE_NS, 2047 * COARSE_NS,
		2048 * COARSE_NS, 2049 * COARSE_NS, 5000 * COARSE_NS};
	static const uint64_t starts[] = {0, 1, START_NS, START_NS / COARSE_NS * COARSE_NS,
		START_NS / COARSE_NS * COARSE_NS - 1, 4398046510080 /* slot 2^32 - 1 */, INT64_MAX};

	for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
		for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++) {
			struct wheel *wheel = wheel_at(starts[s], 1);
			uint64_t time_ns = starts[s] + ahead[i];
			uint64_t end_ns = (time_ns / WHEEL_SLOT_NS + 1) * WHEEL_SLOT_NS;
			struct wheel_entry entry;

			assert_true(wheel_push(wheel, time_ns, i + 1, some));
			assert_false(wheel_push(wheel, time_ns, 0, some));
			assert_true(wheel_next_ns(wheel) <= end_ns);
			assert_int_equal(wheel_pop(wheel, end_ns - 1, &entry, 1), 0);
			assert_true(wheel_next_ns(wheel) == end_ns);
			assert_int_equal(wheel_count(wheel), 1);
			assert_int_equal(wheel_pop(wheel, end_ns, &entry, 1), 1);
			assert_true(entry.time_ns == time_ns && entry.handle == i + 1);
			assert_int_equal(entry.held.bytes, some.bytes);
			assert_int_equal(entry.held.born, some.born);
			assert_int_equal(entry.held.port, some.port);
			assert_int_equal(entry.held.counted, some.counted);
			assert_int_equal(wheel_count(wheel), 0);
			assert_true(wheel_next_ns(wheel) == UINT64_MAX);
			wheel_free(wheel);
		}
	}
}

static void what_is_late_leaves_with_the_slot_at_hand(void **state)
{
	struct wheel *wheel = wheel_at(START_NS, 2);
	uint64_t end_ns = (START_NS / WHEEL_SLOT_NS + 1) * WHEEL_SLOT_NS;
	struct wheel_entry entry;

	assert_true(wheel_push(wheel, START_NS - SECOND_NS, 1, some));
	assert_int_equal(wheel_pop(wheel, end_ns - 1, &entry, 1), 0);
	assert_int_equal(wheel_pop(wheel, end_ns, &entry, 1), 1);
	assert_int_equal(entry.handle, 1);
	wheel_free(wheel);
}

static void takes_no_more_than_asked(void **state)
{
	struct wheel *wheel = wheel_at(START_NS, 100);
	struct wheel_entry due[100];

	for (uint64_t i = 0; i < 100; i++)
		assert_true(wheel_push(wheel, START_NS + 1 + i / 40 * 5000, i, some));
	for (uint64_t taken = 0; taken < 100; taken += 10) {
		assert_int_equal(wheel_pop(wheel, START_NS + SECOND_NS, due, 10), 10);
		for (uint64_t i = 0; i < 10; i++)
			assert_int_equal(due[i].handle, taken + i);
	}
	assert_int_equal(wheel_pop(wheel, START_NS + SECOND_NS, due, 10), 0);
	wheel_free(wheel);
}

/* The reference: entries in the order of slots, then of arrival. */
struct expected {
	uint64_t time_ns, handle;
};

static int by_slot(const void *a, const void *b)
{
	const struct expected *left = a, *right = b;

	uint64_t left_slot = left->time_ns / WHEEL_SLOT_NS;
	uint64_t right_slot = right->time_ns / WHEEL_SLOT_NS;

	if (left_slot != right_slot)
		return left_slot < right_slot ? -1 : 1;
	return (left->handle > right->handle) - (left->handle < right->handle);
}

enum { PUSHED = 20000 };

/* Steps of time and distances ahead of it are drawn up to these. */
static const struct mix {
	uint64_t step_ns, ahead_ns, grain_ns; /* times are multiples of the grain: many are equal */
} mixes[] = {
	{100, 1000, 1},
	{100, 1000, 500},
	{300, 200000, 1},
	{5000, 100 * 1000 * 1000, 1},
	{5000, 300 * 1000 * 1000, 1000},
	{50000, 3 * SECOND_NS, 1000 * 1000},
	{50 * 1000 * 1000, 60 * SECOND_NS, 1},
	{SECOND_NS, 300 * SECOND_NS, 1000 * 1000},
	{3000 * SECOND_NS, 100 * SECOND_NS, 1},
};

struct run {
	struct wheel *wheel;
	struct expected expected[PUSHED];
	uint64_t popped, last_now_ns;
};

/* All that is due must be what the sorted reference has next, and none of it may be overdue. */
static void take_due(struct run *run, uint64_t now_ns, uint64_t pushed)
{
	struct wheel_entry due[7];
	unsigned count = 7;

	assert_true(wheel_next_ns(run->wheel) > run->last_now_ns);
	while (count == 7) {
		bool nothing = wheel_next_ns(run->wheel) > now_ns;

		count = wheel_pop(run->wheel, now_ns, due, 7);
		assert_true(!nothing || !count);
		for (unsigned i = 0; i < count; i++, run->popped++) {
			assert_true(due[i].time_ns < now_ns);
			assert_true(due[i].time_ns == run->expected[run->popped].time_ns);
			assert_int_equal(due[i].handle, run->expected[run->popped].handle);
		}
	}
	assert_int_equal(wheel_count(run->wheel), pushed - run->popped);
	if (run->popped < pushed)
		assert_true(run->expected[run->popped].time_ns + WHEEL_SLOT_NS > now_ns);
	run->last_now_ns = now_ns;
}

static void check_mix(const struct mix *mix, uint64_t key)
{
	struct run *run = calloc(1, sizeof(*run));
	uint64_t now_ns = START_NS;

	assert_non_null(run);
	run->wheel = wheel_at(now_ns, PUSHED);
	for (uint64_t i = 0; i < PUSHED; i++) {
		uint64_t ahead = 1 + prng_draw(key, 2 * i) % mix->ahead_ns;
		uint64_t time_ns = (now_ns + ahead) / mix->grain_ns * mix->grain_ns + mix->grain_ns;

		assert_true(wheel_push(run->wheel, time_ns, i, some));
		run->expected[i] = (struct expected){time_ns, i};
		if (i % 3 == 0 && i < PUSHED - 1)
			continue;
		qsort(run->expected + run->popped, i + 1 - run->popped, sizeof(run->expected[0]),
			by_slot);
		now_ns += prng_draw(key, 2 * i + 1) % mix->step_ns;
		take_due(run, now_ns, i + 1);
		if (i % 1000 == 999)
			now_ns += mix->ahead_ns;
	}
	take_due(run, now_ns + 2 * mix->ahead_ns + 2 * mix->grain_ns, PUSHED);
	assert_int_equal(run->popped, PUSHED);
	wheel_free(run->wheel);
	free(run);
}

static void comes_out_as_sorted(void **state)
{
	for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++)
		check_mix(&mixes[i], i);
}

/* Cells are used again: a thousand times as many pass as there are. */
static void room_comes_back(void **state)
{
	struct wheel *wheel = wheel_at(START_NS, 10);
	struct wheel_entry due[10];
	uint64_t now_ns = START_NS;

	for (int round = 0; round < 1000; round++) {
		for (uint64_t i = 0; i < 10; i++)
			assert_true(wheel_push(wheel, now_ns + 15000 - i * 1024, i, some));
		assert_false(wheel_push(wheel, now_ns + 1, 0, some));
		now_ns += 20000;
		assert_int_equal(wheel_pop(wheel, now_ns, due, 10), 10);
		for (uint64_t i = 0; i < 10; i++)
			assert_int_equal(due[i].handle, 9 - i);
	}
	wheel_free(wheel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_when_its_slot_has_ended),
		cmocka_unit_test(what_is_late_leaves_with_the_slot_at_hand),
		cmocka_unit_test(takes_no_more_than_asked),
		cmocka_unit_test(comes_out_as_sorted),
		cmocka_unit_test(room_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
