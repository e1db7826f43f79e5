/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/chunk.h"

#include <pthread.h>
#include <stdlib.h>

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

static void chunk_free(struct chunk *chunk)
{
	if (!chunk)
		return;
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
	chunk->count = 0;
	chunk->last = false;
	chunk->used = 0;
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

uint8_t *chunk_room(struct chunk *chunk, size_t bytes)
{
	size_t wanted = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

	if (chunk->count == CHUNK_PACKETS || (chunk->count && chunk->used + bytes > CHUNK_BYTES))
		return NULL;
	if (wanted > chunk->size) {
		free(chunk->bytes);
		chunk->bytes = malloc(wanted);
		chunk->size = chunk->bytes ? wanted : 0;
	}
	return chunk->bytes ? chunk->bytes + chunk->used : NULL;
}
