/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/burst.h"

#include <stdlib.h>

enum { SMALL_BURST = 15, LINK_BYTES = 18, LINK_LEAST = 64 };

#define PAUSE_NS (400ull * 1000 * 1000) /* longer than a round trip and a timer's least */

bool burst_next(const struct journal *journal, uint32_t from, struct burst *burst)
{
	if (from >= journal->count)
		return false;
	burst->first = from;
	for (burst->end = from + 1; burst->end < journal->count; burst->end++) {
		const struct copy *copy = &journal->copies[burst->end];
		bool paused = copy->time_ns - copy[-1].time_ns > PAUSE_NS;

		if ((copy->flags & COPY_BEGINS) && (paused || (copy->flags & COPY_ASKED)) &&
			burst->end - from >= SMALL_BURST)
			return true;
	}
	return true;
}

uint32_t copy_l2_bytes(const struct copy *copy)
{
	uint32_t bytes = copy->payload + copy->overhead + LINK_BYTES;

	return bytes < LINK_LEAST ? LINK_LEAST : bytes;
}

struct arrivals burst_arrivals(
	const struct journal *journal, const struct burst *burst, struct arrival *rows)
{
	struct arrivals arrivals = {.rows = rows};

	for (uint32_t i = burst->first; i < burst->end; i++) {
		const struct copy *copy = &journal->copies[i];
		uint32_t bytes = copy_l2_bytes(copy);

		if (!copy->payload && !copy->overhead)
			continue;
		rows[arrivals.count++] = (struct arrival){
			.time_ns = copy->time_ns,
			.bytes = bytes,
			.rtt_us = copy->rtt_us,
			.lost = copy->fate == COPY_LOST,
			.unknown = (copy->flags & COPY_PENDING) != 0,
		};
		arrivals.largest = bytes > arrivals.largest ? bytes : arrivals.largest;
	}
	return arrivals;
}

static int by_value(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

uint32_t quantile(uint32_t *values, size_t count, double share)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), by_value);
	return values[(size_t)(share * (double)(count - 1) + 0.5)];
}
