/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/chunk.h"

enum { ROUNDS = 2000, MOST_WORKERS = 8 };

struct worker {
	struct ring *ring;
	unsigned number;
	uint64_t chunks;
	pthread_t thread;
};

static void *read_all(void *argument)
{
	struct ring *ring = argument;

	for (uint64_t n = 1; n <= ROUNDS; n++) {
		struct chunk *chunk = ring_empty(ring);

		assert_true(chunk->count == 0 && chunk->used == 0 && !chunk->last);
		chunk->count = 1;
		chunk->captured_ns[0] = n;
		chunk->last = n == ROUNDS;
		ring_filled(ring);
	}
	return NULL;
}

/* Each worker signs what it has walked. */
static void *work_all(void *argument)
{
	struct worker *worker = argument;
	bool last = false;

	while (!last) {
		struct chunk *chunk = ring_work(worker->ring, worker->number);

		last = chunk->last;
		chunk->packets[worker->number].index = chunk->captured_ns[0];
		worker->chunks++;
		ring_worked(worker->ring, worker->number);
	}
	return NULL;
}

/* The writer gets every chunk once, in order, and signed by every worker. */
static void all_in_order(void **state)
{
	static const unsigned worker_counts[] = {1, 2, 3, MOST_WORKERS};

	for (size_t i = 0; i < sizeof(worker_counts) / sizeof(worker_counts[0]); i++) {
		struct ring *ring = ring_new(worker_counts[i]);
		struct worker workers[MOST_WORKERS];
		pthread_t reader;

		assert_non_null(ring);
		assert_int_equal(pthread_create(&reader, NULL, read_all, ring), 0);
		for (unsigned w = 0; w < worker_counts[i]; w++) {
			workers[w] = (struct worker){.ring = ring, .number = w};
			assert_int_equal(
				pthread_create(&workers[w].thread, NULL, work_all, &workers[w]), 0);
		}
		for (uint64_t n = 1; n <= ROUNDS; n++) {
			struct chunk *chunk = ring_done(ring);

			assert_int_equal(chunk->captured_ns[0], n);
			for (unsigned w = 0; w < worker_counts[i]; w++)
				assert_int_equal(chunk->packets[w].index, n);
			ring_written(ring);
		}
		pthread_join(reader, NULL);
		for (unsigned w = 0; w < worker_counts[i]; w++) {
			pthread_join(workers[w].thread, NULL);
			assert_int_equal(workers[w].chunks, ROUNDS);
		}
		ring_free(ring);
	}
}

static void *wait_empty(void *ring)
{
	struct chunk *chunk;

	while ((chunk = ring_empty(ring)))
		ring_filled(ring);
	return NULL;
}

static void *wait_work(void *ring)
{
	while (ring_work(ring, 0))
		ring_worked(ring, 0);
	return NULL;
}

static void *wait_done(void *ring)
{
	while (ring_done(ring))
		;
	return NULL;
}

/* Who waits, waits no more. (Nothing is written here, so the reader waits for the writer.) */
static void stopping_wakes_everybody(void **state)
{
	static void *(*const waits[])(void *) = {wait_empty, wait_work, wait_done};

	for (int only = 0; only < 3; only++) {
		struct ring *ring = ring_new(1);
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, waits[only], ring), 0);
		ring_stop(ring);
		pthread_join(thread, NULL);
		assert_null(ring_empty(ring));
		assert_null(ring_work(ring, 0));
		assert_null(ring_done(ring));
		ring_free(ring);
	}
}

/* A frame of its length goes into the chunk as it is, or must wait for the next. */
static void room(void **state)
{
	static const struct {
		uint32_t count;
		size_t used, bytes;
		bool fits;
	} rows[] = {
		{0, 0, 1514, true},
		{0, 0, CHUNK_BYTES, true},
		{0, 0, CHUNK_BYTES + 1, true}, /* alone */
		{0, 0, 40000000, true},
		{1, 1514, CHUNK_BYTES - 1514, true},
		{1, 1514, CHUNK_BYTES - 1513, false},
		{CHUNK_PACKETS - 1, 60, 60, true},
		{CHUNK_PACKETS, 60, 60, false},
		{CHUNK_PACKETS, 60, 0, false},
	};
	struct ring *ring = ring_new(1);
	struct chunk *chunk = ring_empty(ring);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *bytes;

		chunk->count = 0;
		chunk->used = 0;
		assert_non_null(chunk_room(chunk, 1));
		chunk->count = rows[i].count;
		chunk->used = rows[i].used;
		bytes = chunk_room(chunk, rows[i].bytes);
		assert_int_equal(!!bytes, rows[i].fits);
		if (bytes)
			memset(bytes, 0xa5, rows[i].bytes); /* a sanitizer sees if it is not */
	}
	ring_free(ring);
}

/* Frames stay where they are while more come into the same chunk. */
static void frames_stay(void **state)
{
	struct ring *ring = ring_new(1);
	struct chunk *chunk = ring_empty(ring);
	uint8_t *first = chunk_room(chunk, 100);

	chunk->count = 1;
	chunk->used = 100;
	assert_ptr_equal(chunk_room(chunk, 200), first + 100);
	chunk->count = 2;
	chunk->used = CHUNK_BYTES - 5;
	assert_ptr_equal(chunk_room(chunk, 5), first + CHUNK_BYTES - 5);
	assert_null(chunk_room(chunk, 6));
	ring_free(ring);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_in_order),
		cmocka_unit_test(stopping_wakes_everybody),
		cmocka_unit_test(room),
		cmocka_unit_test(frames_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
