/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/chunk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RING_CHUNKS = 4 };

/* Positions count chunks from the start of the run; position % RING_CHUNKS is the place. */
struct ring {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	unsigned workers;
	bool stopped;
	uint64_t filled, written;
	uint64_t worked[SHARDS];
	struct chunk *chunks[RING_CHUNKS];
};

struct ring *ring_new(unsigned workers)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	pthread_mutex_init(&ring->lock, NULL);
	pthread_cond_init(&ring->moved, NULL);
	ring->workers = workers;
	for (int i = 0; i < RING_CHUNKS; i++) {
		ring->chunks[i] = calloc(1, sizeof(struct chunk));
		if (!ring->chunks[i]) {
			ring_free(ring);
			return NULL;
		}
	}
	return ring;
}

static void drop_pieces(struct chunk *chunk)
{
	for (uint32_t i = 0; i < chunk->piece_count; i++) {
		chunk->pieces[i]->held_for = NULL; /* or the chunk, used again, would not hold it */
		piece_drop(chunk->pieces[i]);
	}
	chunk->piece_count = 0;
}

static void chunk_free(struct chunk *chunk)
{
	if (!chunk)
		return;
	drop_pieces(chunk);
	for (int shard = 0; shard < SHARDS; shard++)
		flow_rows_free(&chunk->rows[shard]);
	free(chunk->bytes);
	free(chunk);
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	for (int i = 0; i < RING_CHUNKS; i++)
		chunk_free(ring->chunks[i]);
	pthread_mutex_destroy(&ring->lock);
	pthread_cond_destroy(&ring->moved);
	free(ring);
}

/* The position up to which all workers are done. */
static uint64_t worked_by_all(const struct ring *ring)
{
	uint64_t least = ring->worked[0];

	for (unsigned worker = 1; worker < ring->workers; worker++)
		least = ring->worked[worker] < least ? ring->worked[worker] : least;
	return least;
}

static void chunk_reset(struct chunk *chunk)
{
	drop_pieces(chunk);
	chunk->count = 0;
	chunk->last = false;
	chunk->used = chunk->copied = 0;
	for (int shard = 0; shard < SHARDS; shard++) {
		chunk->shard_count[shard] = 0;
		flow_rows_clear(&chunk->rows[shard]);
	}
}

struct chunk *ring_empty(struct ring *ring)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&ring->lock);
	while (!ring->stopped && ring->filled - ring->written == RING_CHUNKS)
		pthread_cond_wait(&ring->moved, &ring->lock);
	if (!ring->stopped)
		chunk = ring->chunks[ring->filled % RING_CHUNKS];
	pthread_mutex_unlock(&ring->lock);
	if (chunk)
		chunk_reset(chunk);
	return chunk;
}

static void move(struct ring *ring, uint64_t *position)
{
	pthread_mutex_lock(&ring->lock);
	++*position;
	pthread_cond_broadcast(&ring->moved);
	pthread_mutex_unlock(&ring->lock);
}

void ring_filled(struct ring *ring)
{
	move(ring, &ring->filled);
}

struct chunk *ring_work(struct ring *ring, unsigned worker)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&ring->lock);
	while (!ring->stopped && ring->worked[worker] == ring->filled)
		pthread_cond_wait(&ring->moved, &ring->lock);
	if (!ring->stopped)
		chunk = ring->chunks[ring->worked[worker] % RING_CHUNKS];
	pthread_mutex_unlock(&ring->lock);
	return chunk;
}

void ring_worked(struct ring *ring, unsigned worker)
{
	move(ring, &ring->worked[worker]);
}

struct chunk *ring_done(struct ring *ring)
{
	struct chunk *chunk = NULL;

	pthread_mutex_lock(&ring->lock);
	while (!ring->stopped && ring->written == worked_by_all(ring))
		pthread_cond_wait(&ring->moved, &ring->lock);
	if (!ring->stopped)
		chunk = ring->chunks[ring->written % RING_CHUNKS];
	pthread_mutex_unlock(&ring->lock);
	return chunk;
}

void ring_written(struct ring *ring)
{
	move(ring, &ring->written);
}

void ring_stop(struct ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	ring->stopped = true;
	pthread_cond_broadcast(&ring->moved);
	pthread_mutex_unlock(&ring->lock);
}

bool chunk_has_room(const struct chunk *chunk, size_t bytes)
{
	return !chunk->count ||
	       (chunk->count < CHUNK_PACKETS && chunk->used + bytes <= CHUNK_BYTES);
}

/* Only the first frame of a chunk is longer than CHUNK_BYTES: nothing has been copied then. */
static const uint8_t *copy(struct chunk *chunk, const uint8_t *frame, size_t bytes)
{
	size_t wanted = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
	uint8_t *into;

	if (wanted > chunk->size) {
		free(chunk->bytes);
		chunk->bytes = malloc(wanted);
		chunk->size = chunk->bytes ? wanted : 0;
	}
	if (!chunk->bytes)
		return NULL;
	into = chunk->bytes + chunk->copied;
	memcpy(into, frame, bytes);
	chunk->copied += bytes;
	return into;
}

const uint8_t *chunk_frame(
	struct chunk *chunk, const uint8_t *frame, size_t bytes, struct piece *piece)
{
	chunk->used += bytes;
	if (!piece)
		return copy(chunk, frame, bytes);
	if (piece->held_for != chunk) {
		piece_hold(piece);
		piece->held_for = chunk;
		chunk->pieces[chunk->piece_count++] = piece;
	}
	return frame;
}
