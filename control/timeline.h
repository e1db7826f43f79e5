/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pipeline's time for a capture's time stamps: never backwards.
 *
 * It is the capture's own time as long as that runs forwards. A step back of less than a second is
 * what several queues of one card do: the packet is taken to have come together with the one
 * before it. A longer one means that another recording begins (captures joined end to end, a clock
 * that was set): time goes on from where it was, at the recording's own pace, until the capture's
 * time has caught up. Pauses between joined recordings are then cut to an hour, so that years
 * between them do not add up. Steps are counted.
 */
#ifndef SLUICE_TIMELINE_H
#define SLUICE_TIMELINE_H

#include <stdint.h>

#define TIMELINE_JITTER_NS (1000ull * 1000 * 1000)
#define TIMELINE_PAUSE_NS  (3600ull * 1000 * 1000 * 1000)
#define TIMELINE_LAST_NS   ((uint64_t)INT64_MAX) /* in the year 2262; later is no time at all */

struct timeline {
	double speed;      /* 2: gaps are halved */
	uint64_t first_ns; /* of the capture */
	uint64_t base_ns;  /* the capture's time that now_ns stands for */
	uint64_t now_ns;   /* the pipeline's */
	uint64_t count;
	uint64_t small_steps, large_steps;
	uint64_t largest_step_ns;
};

static inline struct timeline timeline_begin(double speed)
{
	return (struct timeline){.speed = speed};
}

/* A span of the capture's time at its speed; what no clock can hold is cut. */
static inline int64_t timeline_scaled(const struct timeline *timeline, int64_t span_ns)
{
	double scaled;

	if (timeline->speed == 1)
		return span_ns;
	scaled = (double)span_ns / timeline->speed;
	return scaled > 4e18 ? (int64_t)4e18 : scaled < -4e18 ? (int64_t)-4e18 : (int64_t)scaled;
}

static inline uint64_t timeline_step_back(struct timeline *timeline, uint64_t captured_ns)
{
	uint64_t back = timeline->base_ns - captured_ns;

	if (back > timeline->largest_step_ns)
		timeline->largest_step_ns = back;
	if (back < TIMELINE_JITTER_NS) {
		timeline->small_steps++;
	} else {
		timeline->large_steps++;
		timeline->base_ns = captured_ns;
	}
	return timeline->now_ns;
}

static inline uint64_t timeline_at(struct timeline *timeline, uint64_t captured_ns)
{
	uint64_t pause;
	int64_t time_ns;

	if (captured_ns > TIMELINE_LAST_NS) {
		timeline->large_steps++;
		return timeline->now_ns;
	}
	if (!timeline->count++)
		timeline->first_ns = timeline->base_ns = timeline->now_ns = captured_ns;
	if (captured_ns < timeline->base_ns)
		return timeline_step_back(timeline, captured_ns);
	pause = captured_ns - timeline->base_ns;
	timeline->base_ns = captured_ns;
	if (__builtin_add_overflow((int64_t)timeline->first_ns,
		    timeline_scaled(timeline, (int64_t)(captured_ns - timeline->first_ns)),
		    &time_ns))
		return timeline->now_ns;
	if (time_ns >= (int64_t)timeline->now_ns)
		return timeline->now_ns = (uint64_t)time_ns;
	if (pause > TIMELINE_PAUSE_NS)
		pause = TIMELINE_PAUSE_NS;
	return timeline->now_ns += (uint64_t)timeline_scaled(timeline, (int64_t)pause);
}

#endif
