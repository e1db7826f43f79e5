/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One shard of a playback: its pipeline, the flows that end in it, and how many packets it holds.
 *
 * A packet counts as held until a later one of the same shard comes at or after the time at which
 * it leaves, or until the end; so the limit bites at the same packets for any number of workers.
 * The packets themselves are with the writer (departures.h).
 */
#ifndef SLUICE_LANE_H
#define SLUICE_LANE_H

#include "control/chunk.h"

#include "dataplane/pipeline.h"

#include <stdbool.h>

struct lane;

/* Pipelines are made when the first packet comes, as each loads nDPI; `options` with flows and hold
 * of this lane, what it sets of `ended` and `context` counts not. NULL when memory is gone. */
struct lane *lane_new(const struct pipeline_options *options);
void lane_free(struct lane *lane); /* NULL is fine */

/* Makes the pipeline now. False when memory is gone. */
bool lane_begin(struct lane *lane);

/* Plays those packets of the chunk that are of shard `number`; the last chunk ends all flows and
 * lets go what is held. False when memory is gone. */
bool lane_play(struct lane *lane, struct chunk *chunk, unsigned number);

/* NULL before there is one. */
struct pipeline *lane_pipeline(const struct lane *lane);

#endif
