/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/marks.h"
#include "dataplane/prng.h"

static void a_mark_until_it_is_over(void **state)
{
	struct marks *marks = marks_new(64);

	assert_non_null(marks);
	assert_int_equal(marks_until(marks, 7, 0), 0);
	assert_true(marks_set(marks, 7, 100, 10));
	assert_int_equal(marks_until(marks, 7, 99), 100);
	assert_int_equal(marks_until(marks, 7, 100), 0);
	assert_int_equal(marks_until(marks, 8, 50), 0);
	assert_true(marks_set(marks, 7, 200, 50)); /* its own place again */
	assert_int_equal(marks_until(marks, 7, 199), 200);
	marks_clear(marks, 7);
	marks_clear(marks, 8);
	assert_int_equal(marks_until(marks, 7, 50), 0);
	marks_free(marks);
}

/* One line has four places, whatever the tag. */
static void the_first_to_be_over_gives_way(void **state)
{
	struct marks *marks = marks_new(1);

	for (uint64_t tag = 1; tag <= 4; tag++)
		assert_true(marks_set(marks, tag, 100 * tag, 0));
	assert_false(marks_set(marks, 5, 1000, 50));
	assert_int_equal(marks_until(marks, 1, 50), 0);
	for (uint64_t tag = 2; tag <= 5; tag++)
		assert_true(marks_until(marks, tag, 50));
	/* 2 is over at 200, so 6 takes nothing from anybody */
	assert_true(marks_set(marks, 6, 1000, 200));
	assert_int_equal(marks_until(marks, 3, 200), 300);
	marks_clear(marks, 4);
	assert_true(marks_set(marks, 7, 1000, 200));
	assert_int_equal(marks_until(marks, 3, 200), 300);
	marks_free(marks);
}

/* With two lines to choose from (eight places a tag) a table that is half full keeps nearly all. */
static void room_for_many(void **state)
{
	enum { LINES = 1024, MARKS = LINES * 4 / 2 };
	struct marks *marks = marks_new(LINES);
	uint64_t evicted = 0, found = 0;

	for (uint64_t n = 0; n < MARKS; n++)
		evicted += !marks_set(marks, prng_draw(1, n), 1000 + n, 0);
	for (uint64_t n = 0; n < MARKS; n++)
		found += marks_until(marks, prng_draw(1, n), 0) == 1000 + n;
	assert_int_equal(found, MARKS - evicted);
	assert_true(evicted < MARKS / 100);
	marks_free(marks);
}

enum { WORKERS = 4, TAGS = 200, ROUNDS = 20000 };

struct worker {
	struct marks *marks;
	uint64_t number, lost;
	pthread_t thread;
};

/* Own tags among those of others: what a worker has set, it finds. */
static void *work(void *context)
{
	struct worker *worker = context;

	for (uint64_t n = 0; n < ROUNDS; n++) {
		uint64_t tag = prng_draw(worker->number, n % TAGS);

		marks_set(worker->marks, tag, n + 10, n);
		worker->lost += marks_until(worker->marks, tag, n) != n + 10;
		if (n % 7 == 0)
			marks_clear(worker->marks, tag);
	}
	return NULL;
}

static void workers_share_it(void **state)
{
	struct worker workers[WORKERS] = {0};
	struct marks *marks = marks_new(1024);

	for (uint64_t i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){.marks = marks, .number = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].lost, 0);
	}
	marks_free(marks);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_until_it_is_over),
		cmocka_unit_test(the_first_to_be_over_gives_way),
		cmocka_unit_test(room_for_many),
		cmocka_unit_test(workers_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
