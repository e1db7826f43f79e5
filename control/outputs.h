/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a replay writes while it runs: flows.csv, series.csv, verdicts.pcapng, out.pcapng; and at
 * its end counters.json and sequences.json.
 */
#ifndef SLUICE_OUTPUTS_H
#define SLUICE_OUTPUTS_H

#include "control/flow_rows.h"
#include "control/folder.h"
#include "control/playback.h"

struct outputs;

struct outputs_totals {
	struct flow_totals flows;
	uint64_t packets;
	uint64_t first_ns, last_ns; /* the pipeline's time */
};

/* `packets`: write the two captures. NULL with *failure set. */
struct outputs *outputs_begin(struct folder *folder, const struct playback *playback,
	const struct ruleset *ruleset, bool packets, struct failure *failure);

/* A playback_sink; context is the outputs. */
bool outputs_chunk(void *context, const struct chunk *chunk, struct failure *failure);

/* Closes all files. Frees nothing. */
bool outputs_finish(struct outputs *outputs, const struct counters *counters,
	struct outputs_totals *totals, struct failure *failure);

void outputs_free(struct outputs *outputs);

#endif
