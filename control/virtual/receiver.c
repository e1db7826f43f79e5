/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/receiver.h"

#include <string.h>

enum { QUICK = 16 };

static void remove_range(struct receiver *receiver, unsigned at)
{
	receiver->count--;
	memmove(&receiver->ranges[at], &receiver->ranges[at + 1],
		(receiver->count - at) * sizeof(receiver->ranges[0]));
}

/* Bytes of [start, end) that are not in any range. */
static uint64_t missing(const struct receiver *receiver, uint64_t start, uint64_t end)
{
	uint64_t bytes = end > start ? end - start : 0;

	for (unsigned i = 0; i < receiver->count && bytes; i++) {
		const struct receiver_range *range = &receiver->ranges[i];
		uint64_t from = range->start > start ? range->start : start;
		uint64_t to = range->end < end ? range->end : end;

		bytes -= to > from ? to - from : 0;
	}
	return bytes;
}

/* Joins it with those that it touches and puts it first: the newest SACK block leads. */
static void add_range(struct receiver *receiver, uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < receiver->count;) {
		struct receiver_range range = receiver->ranges[i];

		if (range.start > end || range.end < start) {
			i++;
			continue;
		}
		start = range.start < start ? range.start : start;
		end = range.end > end ? range.end : end;
		remove_range(receiver, i);
	}
	if (receiver->count == RECEIVER_RANGES)
		remove_range(receiver, RECEIVER_RANGES - 1);
	memmove(&receiver->ranges[1], &receiver->ranges[0],
		receiver->count * sizeof(receiver->ranges[0]));
	receiver->ranges[0] = (struct receiver_range){start, end};
	receiver->count++;
}

static void advance(struct receiver *receiver, uint64_t end)
{
	receiver->next = end;
	for (unsigned i = 0; i < receiver->count;) {
		if (receiver->ranges[i].start > receiver->next) {
			i++;
			continue;
		}
		if (receiver->ranges[i].end > receiver->next)
			receiver->next = receiver->ranges[i].end;
		remove_range(receiver, i);
		i = 0;
	}
}

enum receiver_answer receiver_take(struct receiver *receiver, uint64_t start, uint32_t len)
{
	uint64_t end = start + len, from = start > receiver->next ? start : receiver->next;
	bool gap = receiver->count > 0;

	if (!len)
		return RECEIVER_NOTHING;
	receiver->pending++;
	if (end <= receiver->next)
		return RECEIVER_NOW; /* a duplicate */
	receiver->unique += missing(receiver, from, end);
	if (start > receiver->next) {
		add_range(receiver, start, end);
		return RECEIVER_NOW;
	}
	advance(receiver, end);
	if (gap)
		return RECEIVER_NOW;
	if (receiver->pending < 2 && receiver->quick >= QUICK)
		return RECEIVER_LATER;
	receiver->quick++;
	return RECEIVER_SOON;
}

void receiver_acknowledged(struct receiver *receiver)
{
	receiver->pending = 0;
}
