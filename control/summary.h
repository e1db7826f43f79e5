/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A live box's numbers as people and programs read them: at the end of `run`, by `counters`, and in
 * counters.json.
 */
#ifndef SLUICE_SUMMARY_H
#define SLUICE_SUMMARY_H

#include "dataplane/io/snapshot.h"

#include <jansson.h>
#include <stdio.h>

/*
 * counters.json of a live box: what a replay's has, and besides
 *
 * {"lab", "ruleset", "time_ns", "interval_ns", "rate": {"received_pps", "received_bps",
 *  "forwarded_pps", "forwarded_bps"},
 *  "ports": {"0": {..., "port": "xdp:a", "rate", "driver": {...}, "kernel": {...}}},
 *  "rules": {"ID": {..., "rate"}}, "flows": {..., "live", "most", "limit"},
 *  "hold": {"held", "most", "limit"}, "buffers": {"total", "free", "free_least"},
 *  "workers": [{"polls", ..., "bursts": {"1": N, "2_4": N, ...}, "busy", "worst_loop_us"}]}
 *
 * Rates are those between `before` and `now`, by their own time stamps; left out without `before`.
 * `busy` is the share of that time, or of all since the start, in which a worker had packets. A new
 * reference.
 */
json_t *summary_json(const struct snapshot *now, const struct snapshot *before);

/* The same as a table for a terminal. */
void summary_print(const struct snapshot *now, const struct snapshot *before, FILE *out);

#endif
