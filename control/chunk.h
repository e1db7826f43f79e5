/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A slice of a capture on its way from the reader through the workers to the writer.
 *
 * Chunks go round in a ring, so memory is bounded. The reader fills one and says which shard each
 * packet belongs to; every worker walks the packets of its own shards; when all have, the writer
 * gets the chunk, in order. Where one chunk ends and the next begins depends on the input alone.
 */
#ifndef SLUICE_CHUNK_H
#define SLUICE_CHUNK_H

#include "control/flow_rows.h"
#include "control/pieces.h"

#include "classifiers/packet.h"
#include "dataplane/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SHARDS = 8, /* also the most workers; fixed, so that results do not depend on them */
	CHUNK_PACKETS = 4096,
	CHUNK_BYTES = 4 << 20, /* frames; a longer frame gets a chunk of its own */
};

struct chunk {
	uint32_t count;
	bool last; /* nothing comes after it; holds no packets */
	struct packet packets[CHUNK_PACKETS];
	struct verdict verdicts[CHUNK_PACKETS];
	uint64_t captured_ns[CHUNK_PACKETS]; /* the packet's own time stamp */
	uint8_t interface[CHUNK_PACKETS];    /* number in the output captures */
	uint32_t shard_count[SHARDS];
	uint16_t shard_packets[SHARDS][CHUNK_PACKETS];
	struct flow_rows rows[SHARDS]; /* flows that ended here */
	size_t used;                   /* bytes of frames */
	uint32_t piece_count;
	struct piece *pieces[CHUNK_PACKETS]; /* held: where frames lie */
	size_t copied, size;                 /* of frames that lie in no piece */
	uint8_t *bytes;
};

struct ring;

/* `workers`: how many walk each chunk. NULL when memory cannot be had. */
struct ring *ring_new(unsigned workers);
void ring_free(struct ring *ring);

/* Reader: the next empty chunk (waits), then hand it on. NULL when the ring was stopped. */
struct chunk *ring_empty(struct ring *ring);
void ring_filled(struct ring *ring);

/* Worker `n`: its next chunk (waits), then done with it. NULL when the ring was stopped. */
struct chunk *ring_work(struct ring *ring, unsigned worker);
void ring_worked(struct ring *ring, unsigned worker);

/* Writer: the next chunk that all workers are done with (waits), then free it. */
struct chunk *ring_done(struct ring *ring);
void ring_written(struct ring *ring);

/* Wakes everybody: the functions above return NULL from now on. */
void ring_stop(struct ring *ring);

/* Whether a frame of so many bytes still belongs into this chunk, or into the next one. */
bool chunk_has_room(const struct chunk *chunk, size_t bytes);

/* A frame that lives as long as the chunk: holds the piece that it lies in, or copies it when
 * there is none. NULL when memory is gone. */
const uint8_t *chunk_frame(
	struct chunk *chunk, const uint8_t *frame, size_t bytes, struct piece *piece);

#endif
