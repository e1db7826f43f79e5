/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The counters of a lab as its nodes wrote them to Redis (ledger.h), those of processes that have
 * ended included:
 *
 * {"lab", received, forwarded, held, dropped and bytes as in counters.json, over all nodes,
 *  "rules": {"ID": {the same}},
 *  "nodes": {"NAME": {the same, "live", "status", "version", "error", "epoch", "seq", "ts_ns",
 *   "interval_ns", "flows", "ports": {"0": {the same}}}}}
 *
 * A node that does not live has no status, no version and no error. What is held by it is not
 * counted.
 */
#ifndef SLUICE_LAB_COUNTERS_H
#define SLUICE_LAB_COUNTERS_H

#include "ruleset_store.h"

#include <jansson.h>
#include <stdio.h>

/* A new reference; NULL with *failure set. */
json_t *lab_counters_read(struct redis *redis, const char *lab, struct failure *failure);

/* The same as a table. */
void lab_counters_print(const json_t *counters, FILE *out);

#endif
