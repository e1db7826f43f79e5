/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/lane.h"

#include "dataplane/wheel.h"

#include <stdlib.h>

/* Idle flows are looked for when so much of the capture's time has passed. */
#define SWEEP_NS (10ull * 1000 * 1000 * 1000)

struct lane {
	struct pipeline_options options;
	struct pipeline *pipeline;
	struct wheel *held;     /* when what is held leaves */
	struct flow_rows *rows; /* of the chunk at hand */
	uint64_t swept_ns;
};

static void flow_ended(void *context, const struct flow_ended *ended)
{
	struct lane *lane = context;

	flow_rows_add(lane->rows, ended);
}

struct lane *lane_new(const struct pipeline_options *options)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return NULL;
	lane->options = *options;
	lane->options.ended = flow_ended;
	lane->options.context = lane;
	return lane;
}

void lane_free(struct lane *lane)
{
	if (!lane)
		return;
	pipeline_free(lane->pipeline);
	wheel_free(lane->held);
	free(lane);
}

bool lane_begin(struct lane *lane)
{
	if (lane->pipeline)
		return true;
	lane->held = wheel_new(lane->options.hold);
	if (lane->held)
		lane->pipeline = pipeline_new(&lane->options);
	return lane->pipeline;
}

struct pipeline *lane_pipeline(const struct lane *lane)
{
	return lane->pipeline;
}

/* What leaves by then has left. */
static void release(struct lane *lane, uint64_t now_ns)
{
	struct wheel_entry due[BURST];
	unsigned count;

	do {
		count = wheel_pop(lane->held, now_ns, due, BURST);
		for (unsigned i = 0; i < count; i++)
			pipeline_release(lane->pipeline, &due[i].held, DROP_NONE);
	} while (count);
}

static void hold(struct lane *lane, const struct packet *const packets[],
	struct verdict *const verdicts[], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (verdicts[i]->fate != FATE_HOLD)
			continue;
		wheel_push(lane->held, verdicts[i]->leaves_ns, 0,
			pipeline_held(lane->pipeline, packets[i], verdicts[i]));
	}
}

/* Near the limit one by one, as each packet may leave room for the next. */
static unsigned burst_size(const struct lane *lane)
{
	return wheel_count(lane->held) + BURST <= lane->options.hold ? BURST : 1;
}

static void play(struct lane *lane, struct chunk *chunk, unsigned number)
{
	const struct packet *packets[BURST];
	struct verdict *verdicts[BURST];
	uint32_t count = chunk->shard_count[number];

	for (uint32_t done = 0; done < count;) {
		unsigned n = 0, size;

		release(lane, chunk->packets[chunk->shard_packets[number][done]].time_ns);
		for (size = burst_size(lane); n < size && done < count; n++, done++) {
			uint16_t at = chunk->shard_packets[number][done];

			packets[n] = &chunk->packets[at];
			verdicts[n] = &chunk->verdicts[at];
		}
		pipeline_burst(lane->pipeline, packets, verdicts, n);
		hold(lane, packets, verdicts, n);
	}
}

/* When chunks begin and end depends on the capture alone, and so does what is swept when. */
static void sweep(struct lane *lane, const struct chunk *chunk)
{
	uint64_t now_ns = chunk->count ? chunk->packets[chunk->count - 1].time_ns : 0;

	if (chunk->last) {
		release(lane, UINT64_MAX);
		pipeline_finish(lane->pipeline);
	} else if (now_ns - lane->swept_ns >= SWEEP_NS) {
		pipeline_expire(lane->pipeline, now_ns, 0);
		lane->swept_ns = now_ns;
	}
}

bool lane_play(struct lane *lane, struct chunk *chunk, unsigned number)
{
	lane->rows = &chunk->rows[number];
	if (chunk->shard_count[number] && !lane_begin(lane))
		return false;
	if (!lane->pipeline)
		return true;
	play(lane, chunk, number);
	sweep(lane, chunk);
	return true;
}
