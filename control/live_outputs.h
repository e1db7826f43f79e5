/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `run -o DIR` writes: flows.csv and series.csv while it runs, counters.json, run.json and
 * report.html at its end; in the formats of a replay and by the same code.
 *
 * Workers hand over the flows that end by bounded rings, without waiting; a thread writes them.
 * A ring that is full loses rows, which are counted and warned about.
 */
#ifndef SLUICE_LIVE_OUTPUTS_H
#define SLUICE_LIVE_OUTPUTS_H

#include "control/folder.h"
#include "control/manifest.h"
#include "control/outputs.h"

#include "dataplane/io/snapshot.h"

struct live_outputs;

/* Before box_new(): `live_outputs_ended` and the result go into box_options. The folder stays the
 * caller's. NULL with *failure set. */
struct live_outputs *live_outputs_begin(
	struct folder *folder, unsigned workers, struct failure *failure);

/* box_options.ended; context is the live_outputs. */
void live_outputs_ended(void *context, unsigned worker, const struct flow_ended *ended);

/* After box_new(): names of applications come from the pipeline. Starts the thread. */
bool live_outputs_start(struct live_outputs *outputs, const struct pipeline *pipeline,
	const struct snapshot *first, struct failure *failure);

/* Every 100 ms or so (SERIES_BIN_NS), and when the box has stopped: a row a rule for series.csv. */
void live_outputs_reading(struct live_outputs *outputs, const struct snapshot *snapshot);

/* After box_swap() and before the old ruleset is freed: writes the flows that ended under it. */
void live_outputs_settle(struct live_outputs *outputs);

/* Before box_stop(): from now on a worker whose ring is full waits, so that the flows that end with
 * the box are all written. */
void live_outputs_stopping(struct live_outputs *outputs);

/* After box_stop() and the last live_outputs_reading(), before box_free(): closes flows.csv and
 * series.csv, writes counters.json and sequences.json, adds to the warnings. */
bool live_outputs_finish(struct live_outputs *outputs, const struct snapshot *last,
	struct outputs_totals *totals, struct warnings *warnings, struct failure *failure);

void live_outputs_free(struct live_outputs *outputs);

#endif
