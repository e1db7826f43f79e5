/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/freeze.h"

enum { AGAIN_LEAST = 2, NEEDLESS_LEAST = 5, NEEDLESS_SHARE = 10 /* one in */ };

#define SILENCE_NS (1000ull * 1000 * 1000)

/* The first copy behind the last one that is known to have passed. */
static uint32_t begin_of_silence(const struct journal *journal)
{
	uint32_t i = journal->count;

	while (i && (journal->copies[i - 1].fate == COPY_LOST ||
			    (journal->copies[i - 1].flags & COPY_PENDING)))
		i--;
	return i;
}

static bool is_frozen(const struct flow_journals *flow, enum direction direction, uint32_t from)
{
	const struct journal *journal = &flow->journals[direction];
	const struct journal *other = &flow->journals[1 - direction];
	uint32_t again = 0;

	if (from == journal->count || flow->reset)
		return false;
	for (uint32_t i = from; i < journal->count; i++)
		again += (journal->copies[i].flags & COPY_AGAIN) != 0;
	/* The other side was there once, and is silent now. */
	return again >= AGAIN_LEAST && other->packets &&
	       other->last_ns < journal->copies[journal->count - 1].time_ns &&
	       journal->copies[journal->count - 1].time_ns - journal->copies[from].time_ns >=
		       SILENCE_NS;
}

/* What a box had seen when it began: everything that the other side got through, and what passed
 * of this side. */
static void take_threshold(const struct flow_journals *flow, enum direction direction,
	uint32_t from, struct judgement *judgement)
{
	const struct journal *journal = &flow->journals[direction];
	uint64_t passed = 0, bytes = 0, absent = 0;

	for (uint32_t i = 0; i < journal->count; i++) {
		const struct copy *copy = &journal->copies[i];

		absent += (copy->flags & COPY_ABSENT) != 0;
		if (i >= from || copy->fate == COPY_LOST)
			continue;
		passed++;
		bytes += copy->payload;
	}
	judgement->threshold_bytes = bytes;
	judgement->threshold_packets = passed + (journal->packets + absent - journal->count) +
				       flow->journals[1 - direction].packets;
}

static bool acks_are_dropped(const struct journal *journal)
{
	uint32_t needless = 0, again = 0;

	for (uint32_t i = 0; i < journal->count; i++) {
		needless += (journal->copies[i].flags & COPY_NEEDLESS) != 0;
		again += (journal->copies[i].flags & COPY_AGAIN) != 0;
	}
	return needless >= NEEDLESS_LEAST && needless * NEEDLESS_SHARE >= journal->count &&
	       needless * 2 >= again;
}

void freeze_judge(
	const struct flow_journals *flow, enum direction direction, struct judgement *judgement)
{
	const struct journal *journal = &flow->journals[direction];
	uint32_t from = begin_of_silence(journal);

	if (is_frozen(flow, direction, from)) {
		judgement->verdict = MEASURED_FROZEN;
		judgement->why = WHY_SILENCE;
		take_threshold(flow, direction, from, judgement);
	} else if (acks_are_dropped(journal)) {
		judgement->verdict = MEASURED_ACK_DROPPED;
		judgement->why = WHY_ACKED_AGAIN;
	}
}
