/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an end has to send: an endless stream of writes, each of which begins a segment. Bulk is
 * made where it is read, as TLS records that look encrypted; nothing is kept of it.
 */
#ifndef SLUICE_OUTBOX_H
#define SLUICE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox_write {
	uint64_t start, len; /* offsets in the stream */
	uint8_t *bytes;      /* NULL: bulk */
	uint32_t chunk;      /* a segment has no more of it; 0: as much as fits */
	bool inverted;
};

struct outbox { /* zeroed, it is empty */
	struct outbox_write *writes;
	size_t count, room;
	uint64_t end; /* bytes written so far */
	uint64_t seed;
};

void outbox_free(struct outbox *outbox);

/* `bytes` are copied; NULL: bulk. */
void outbox_add(
	struct outbox *outbox, const uint8_t *bytes, uint64_t len, uint32_t chunk, bool inverted);

/* How long the segment that begins at `at` is, no more than mss; 0: nothing is written there. */
uint32_t outbox_segment(const struct outbox *outbox, uint64_t at, uint32_t mss);

/* Within one write. */
void outbox_copy(const struct outbox *outbox, uint64_t at, uint32_t len, uint8_t *into);

#endif
