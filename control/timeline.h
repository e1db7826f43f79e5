/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pipeline's time for a capture's time stamps: never backwards.
 *
 * A step back of less than a second is what several queues of one card do: the packet is taken to
 * have come at the same time as the one before it. A longer one means that another recording
 * begins (captures joined end to end, a clock that was set): time goes on from where it was, at
 * the recording's own pace. Both are counted.
 */
#ifndef SLUICE_TIMELINE_H
#define SLUICE_TIMELINE_H

#include <stdint.h>

#define TIMELINE_JITTER_NS (1000ull * 1000 * 1000)

struct timeline {
	uint64_t first_ns; /* of the capture */
	uint64_t now_ns;   /* the pipeline's */
	int64_t shift_ns;  /* added to the capture's time */
	double speed;      /* 2: gaps are halved */
	uint64_t count;
	uint64_t small_steps, large_steps;
	uint64_t largest_step_ns;
};

static inline struct timeline timeline_begin(double speed)
{
	return (struct timeline){.speed = speed};
}

static inline uint64_t timeline_at(struct timeline *timeline, uint64_t captured_ns)
{
	uint64_t time_ns = captured_ns;
	uint64_t back;

	if (!timeline->count++) {
		timeline->first_ns = captured_ns;
		timeline->now_ns = captured_ns;
	}
	if (timeline->speed != 1)
		time_ns = timeline->first_ns +
			  (int64_t)(((double)captured_ns - timeline->first_ns) / timeline->speed);
	time_ns += timeline->shift_ns;
	if ((int64_t)(time_ns - timeline->now_ns) >= 0)
		return timeline->now_ns = time_ns;
	back = timeline->now_ns - time_ns;
	if (back > timeline->largest_step_ns)
		timeline->largest_step_ns = back;
	if (back < TIMELINE_JITTER_NS) {
		timeline->small_steps++;
	} else {
		timeline->large_steps++;
		timeline->shift_ns += back;
	}
	return timeline->now_ns;
}

#endif
