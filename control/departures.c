/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/departures.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A binary heap: no entry leaves before the one at (its place - 1) / 2. */
struct departures {
	struct departure **heap;
	size_t count, size;
	uint64_t turns; /* entries so far */
	bool frames;
};

struct departures *departures_new(bool frames)
{
	struct departures *departures = calloc(1, sizeof(*departures));

	if (departures)
		departures->frames = frames;
	return departures;
}

void departures_free(struct departures *departures)
{
	if (!departures)
		return;
	for (size_t i = 0; i < departures->count; i++)
		free(departures->heap[i]);
	free(departures->heap);
	free(departures);
}

static bool is_before(const struct departure *a, const struct departure *b)
{
	if (a->verdict.leaves_ns != b->verdict.leaves_ns)
		return a->verdict.leaves_ns < b->verdict.leaves_ns;
	if (a->index != b->index)
		return a->index < b->index;
	return a->turn < b->turn;
}

static bool grow(struct departures *departures)
{
	size_t size = departures->size ? departures->size * 2 : 1024;
	struct departure **heap = realloc(departures->heap, size * sizeof(*heap));

	if (!heap)
		return false;
	departures->heap = heap;
	departures->size = size;
	return true;
}

static void rise(struct departures *departures, struct departure *departure)
{
	struct departure **heap = departures->heap;
	size_t at = departures->count++;

	departure->turn = ++departures->turns;
	for (; at && is_before(departure, heap[(at - 1) / 2]); at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = departure;
}

/* The first place is free: the last entry sinks from there. */
static void sink(struct departures *departures)
{
	struct departure **heap = departures->heap, *last = heap[--departures->count];
	size_t at = 0, next;

	while ((next = at * 2 + 1) < departures->count) {
		if (next + 1 < departures->count && is_before(heap[next + 1], heap[next]))
			next++;
		if (!is_before(heap[next], last))
			break;
		heap[at] = heap[next];
		at = next;
	}
	heap[at] = last;
}

/* With room for a frame; NULL when memory is gone. */
static struct departure *departure_new(struct departures *departures, uint32_t bytes)
{
	if (departures->count == departures->size && !grow(departures))
		return NULL;
	return malloc(sizeof(struct departure) + bytes);
}

bool departures_hold(struct departures *departures, const struct packet *packet,
	const struct verdict *verdict, uint32_t bytes, uint8_t interface)
{
	uint32_t kept = departures->frames ? packet->captured : 0;
	struct departure *departure = departure_new(departures, kept);

	if (!departure)
		return false;
	*departure = (struct departure){
		.verdict = *verdict,
		.index = packet->index,
		.bytes = bytes,
		.captured = kept,
		.wire = packet->wire,
		.interface = interface,
	};
	memcpy(departure->frame, packet->frame, kept);
	rise(departures, departure);
	return true;
}

bool departures_make(struct departures *departures, const struct packet *packet, uint64_t leaves_ns,
	const uint8_t *frame, uint32_t bytes, uint8_t interface)
{
	struct departure *departure = departure_new(departures, bytes);

	if (!departure)
		return false;
	*departure = (struct departure){
		.verdict = {.leaves_ns = leaves_ns},
		.index = packet->index,
		.captured = bytes,
		.wire = bytes,
		.interface = interface,
		.made = true,
	};
	memcpy(departure->frame, frame, bytes);
	rise(departures, departure);
	return true;
}

struct departure *departures_next(struct departures *departures, uint64_t now_ns)
{
	struct departure *first = departures->count ? departures->heap[0] : NULL;

	if (!first || first->verdict.leaves_ns > now_ns)
		return NULL;
	sink(departures);
	return first;
}
