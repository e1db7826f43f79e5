/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one direction of a connection has on its way: stretches of sequence space that were sent
 * and not yet acknowledged, in order and without overlap. A stretch that the capture does not hold
 * although a later one came is a gap.
 *
 * Sequence numbers are unwrapped to 64 bits (track.h). Bounded: SCOREBOARD_MAX stretches, then the
 * oldest are forgotten.
 */
#ifndef SLUICE_MEASURE_SCOREBOARD_H
#define SLUICE_MEASURE_SCOREBOARD_H

#include <stdbool.h>
#include <stdint.h>

enum { SCOREBOARD_MAX = 1 << 16 };

enum stretch_flag {
	STRETCH_GAP = 1,
	STRETCH_SACKED = 2,
	STRETCH_AGAIN = 4, /* sent more than once */
};

struct stretch {
	uint64_t begin, end;
	uint64_t time_ns; /* of the last copy; of a gap: when it was noticed */
	uint32_t copy;    /* number of the last copy in its direction */
	uint32_t before;  /* number of the copy before it, with STRETCH_AGAIN */
	uint32_t ts_value;
	uint16_t ip_id;
	uint8_t flags; /* enum stretch_flag */
};

struct scoreboard {
	struct stretch *stretches; /* a ring; NULL at first */
	uint32_t first, count, size;
};

void scoreboard_free(struct scoreboard *board);

static inline struct stretch *scoreboard_at(const struct scoreboard *board, uint32_t i)
{
	return &board->stretches[(board->first + i) & (board->size - 1)];
}

/* The first stretch that ends behind `sequence`; the count when there is none. */
uint32_t scoreboard_find(const struct scoreboard *board, uint64_t sequence);

/* At the end. Memory that is gone ends the program (arena.h does the same). */
void scoreboard_push(struct scoreboard *board, const struct stretch *stretch);

/* Takes the first one off. */
static inline void scoreboard_pop(struct scoreboard *board)
{
	board->first = (board->first + 1) & (board->size - 1);
	board->count--;
}

/* A stretch that has `sequence` inside becomes two. */
void scoreboard_split(struct scoreboard *board, uint64_t sequence);

#endif
