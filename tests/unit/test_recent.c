/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/prng.h"
#include "dataplane/recent.h"

static const struct recent_limit three = {.within_ns = 60, .over = 3};

static bool see(struct recent *recent, uint64_t tag, uint64_t now_ns)
{
	bool evicted;

	return recent_see(recent, tag, &three, now_ns, &evicted);
}

/* The fourth within less than 60 ns of the first is one too many, and so on, whenever it comes. */
static void the_fourth_within_the_time(void **state)
{
	static const struct {
		uint64_t now_ns;
		bool over;
	} rows[] = {{0, false}, {10, false}, {20, false}, {59, true}, /* 0, 10, 20, 59 */
		{69, true},                                           /* 10, 20, 59, 69 */
		{80, false},                                          /* 20 was 60 ago */
		{81, true},                                           /* 59, 69, 80, 81 */
		{200, false}, {200, false}, {200, false}, {200, true}};
	struct recent *recent = recent_new(64);

	assert_non_null(recent);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(see(recent, 7, rows[i].now_ns), rows[i].over);
		if (i < 3)
			assert_false(see(recent, 8, rows[i].now_ns)); /* counts apart */
	}
	recent_free(recent);
}

/* One line has four places, whatever the tag. */
static void the_oldest_gives_way(void **state)
{
	struct recent *recent = recent_new(1);
	bool evicted;

	for (uint64_t tag = 1; tag <= 4; tag++) {
		for (int i = 0; i < 3; i++)
			assert_false(recent_see(recent, tag, &three, tag, &evicted));
		assert_false(evicted);
	}
	assert_false(recent_see(recent, 5, &three, 10, &evicted)); /* instead of 1 */
	assert_true(evicted);
	for (uint64_t tag = 2; tag <= 4; tag++)
		assert_true(recent_see(recent, tag, &three, 20, &evicted));
	assert_false(recent_see(recent, 1, &three, 70, &evicted)); /* 5 was seen 60 ago */
	assert_false(evicted);
	recent_free(recent);
}

/* A table that is half full keeps nearly all. */
static void room_for_many(void **state)
{
	enum { LINES = 1024, TAGS = LINES * 4 / 2 };
	struct recent *recent = recent_new(LINES);
	uint64_t over = 0;

	for (int round = 0; round < 4; round++) {
		for (uint64_t n = 0; n < TAGS; n++)
			over += see(recent, prng_draw(1, n), 1);
	}
	assert_in_range(over, TAGS * 99 / 100, TAGS);
	recent_free(recent);
}

enum { ROUNDS = 20000 };

static void *count_sights(void *context)
{
	uint64_t over = 0;

	for (int i = 0; i < ROUNDS; i++)
		over += see(context, 9, 5);
	return (void *)over;
}

/* All sights in one moment: all but three are too many, whoever saw them. */
static void two_workers_meet(void **state)
{
	struct recent *recent = recent_new(64);
	pthread_t other;
	uint64_t own, its;
	void *result;

	see(recent, 9, 5);
	assert_int_equal(pthread_create(&other, NULL, count_sights, recent), 0);
	own = (uint64_t)count_sights(recent);
	assert_int_equal(pthread_join(other, &result), 0);
	its = (uint64_t)result;
	assert_int_equal(own + its, 2 * ROUNDS + 1 - 3);
	recent_free(recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fourth_within_the_time),
		cmocka_unit_test(the_oldest_gives_way),
		cmocka_unit_test(room_for_many),
		cmocka_unit_test(two_workers_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
