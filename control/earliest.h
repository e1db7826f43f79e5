/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of many comes next: a binary heap of numbers, each with a time. Of equal times the lower
 * number is first.
 */
#ifndef SLUICE_EARLIEST_H
#define SLUICE_EARLIEST_H

#include <stddef.h>
#include <stdint.h>

struct earliest {
	size_t used;
	uint16_t *heap;  /* numbers */
	uint64_t *times; /* by number */
};

/* Empty, with room for the numbers below `count`. Aborts when memory is gone. */
void earliest_begin(struct earliest *earliest, size_t count);
void earliest_end(struct earliest *earliest);

/* A number that is not in it. O(log n). */
void earliest_add(struct earliest *earliest, uint16_t number, uint64_t time_ns);

/* The first one; only when used > 0. */
static inline uint16_t earliest_first(const struct earliest *earliest)
{
	return earliest->heap[0];
}

/* Gives the first one a later time, or takes it out. O(log n). */
void earliest_delay_first(struct earliest *earliest, uint64_t time_ns);
void earliest_remove_first(struct earliest *earliest);

#endif
