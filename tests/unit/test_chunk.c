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

/* A frame of its length goes into the chunk, or must wait for the next. */
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
		chunk->count = rows[i].count;
		chunk->used = rows[i].used;
		assert_int_equal(chunk_has_room(chunk, rows[i].bytes), rows[i].fits);
	}
	ring_free(ring);
}

/* Copied frames stay where they are while more come into the same chunk, up to its last byte. */
static void copied_frames_stay(void **state)
{
	static const size_t lengths[] = {100, 200, CHUNK_BYTES - 305, 5};
	static uint8_t frame[CHUNK_BYTES];
	struct ring *ring = ring_new(1);
	struct chunk *chunk = ring_empty(ring);
	const uint8_t *kept[4];

	for (size_t i = 0; i < 4; i++, chunk->count++) {
		memset(frame, (int)i + 1, lengths[i]);
		assert_true(chunk_has_room(chunk, lengths[i]));
		kept[i] = chunk_frame(chunk, frame, lengths[i], NULL);
	}
	assert_false(chunk_has_room(chunk, 1));
	for (size_t i = 0; i < 4; i++) {
		memset(frame, (int)i + 1, lengths[i]);
		assert_memory_equal(kept[i], frame, lengths[i]);
	}
	ring_free(ring);
}

static void a_long_frame_is_copied_whole(void **state)
{
	static uint8_t frame[CHUNK_BYTES + 7];
	struct ring *ring = ring_new(1);
	struct chunk *chunk = ring_empty(ring);

	memset(frame, 0xa5, sizeof(frame));
	assert_memory_equal(chunk_frame(chunk, frame, sizeof(frame), NULL), frame, sizeof(frame));
	ring_free(ring);
}

/* What lies in a piece is not copied; the piece is held once for each chunk that needs it, and
 * dropped when the chunk is used again. */
static void pieces_are_held_by_chunks(void **state)
{
	struct pieces *pieces = pieces_new();
	struct piece *piece = piece_take(pieces);
	struct ring *ring = ring_new(1);
	struct chunk *first = ring_empty(ring), *second;

	for (; first->count < 3; first->count++)
		assert_ptr_equal(chunk_frame(first, piece->bytes + first->count, 1, piece),
			piece->bytes + first->count);
	assert_int_equal(piece->holders, 2);
	ring_filled(ring);
	second = ring_empty(ring);
	chunk_frame(second, piece->bytes, 1, piece);
	assert_int_equal(piece->holders, 3);
	ring_work(ring, 0);
	ring_worked(ring, 0);
	ring_done(ring);
	ring_written(ring);
	for (ring_filled(ring); ring_empty(ring) != first; ring_filled(ring))
		;
	assert_int_equal(piece->holders, 2);
	chunk_frame(first, piece->bytes, 1, piece);
	assert_int_equal(piece->holders, 3);
	ring_free(ring);
	assert_int_equal(piece->holders, 1);
	piece_drop(piece);
	assert_ptr_equal(piece_take(pieces), piece); /* its memory is used again */
	piece_drop(piece);
	pieces_free(pieces);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_in_order),
		cmocka_unit_test(stopping_wakes_everybody),
		cmocka_unit_test(room),
		cmocka_unit_test(copied_frames_stay),
		cmocka_unit_test(a_long_frame_is_copied_whole),
		cmocka_unit_test(pieces_are_held_by_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
