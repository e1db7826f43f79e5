/* SPDX-License-Identifier: BSD-3-Clause */
#include "earliest.h"

#include <stdbool.h>
#include <stdlib.h>

void earliest_begin(struct earliest *earliest, size_t count)
{
	earliest->used = 0;
	earliest->heap = calloc(count, sizeof(*earliest->heap));
	earliest->times = calloc(count, sizeof(*earliest->times));
	if (!earliest->heap || !earliest->times)
		abort();
}

void earliest_end(struct earliest *earliest)
{
	free(earliest->heap);
	free(earliest->times);
}

static bool is_earlier(const struct earliest *earliest, uint16_t a, uint16_t b)
{
	uint64_t left = earliest->times[a], right = earliest->times[b];

	return left != right ? left < right : a < b;
}

void earliest_add(struct earliest *earliest, uint16_t number, uint64_t time_ns)
{
	size_t at = earliest->used++, parent;

	earliest->times[number] = time_ns;
	for (; at; at = parent) {
		parent = (at - 1) / 2;
		if (!is_earlier(earliest, number, earliest->heap[parent]))
			break;
		earliest->heap[at] = earliest->heap[parent];
	}
	earliest->heap[at] = number;
}

/* The first goes down to where it belongs. */
static void sift(struct earliest *earliest)
{
	uint16_t *heap = earliest->heap, moved = heap[0];
	size_t at = 0, child;

	while ((child = at * 2 + 1) < earliest->used) {
		if (child + 1 < earliest->used &&
			is_earlier(earliest, heap[child + 1], heap[child]))
			child++;
		if (!is_earlier(earliest, heap[child], moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

void earliest_delay_first(struct earliest *earliest, uint64_t time_ns)
{
	earliest->times[earliest->heap[0]] = time_ns;
	sift(earliest);
}

void earliest_remove_first(struct earliest *earliest)
{
	earliest->heap[0] = earliest->heap[--earliest->used];
	sift(earliest);
}
