/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * counters.json: the numbers of a run, with the same four under every rule and every port.
 */
#ifndef SLUICE_COUNTERS_FILE_H
#define SLUICE_COUNTERS_FILE_H

#include "dataplane/io/snapshot.h"

#include <jansson.h>

/* A new reference; NULL when memory is gone. `live`: with the drops that only a live box has. */
json_t *counters_json(const struct counters *counters, const struct snapshot_rule *rules,
	uint32_t rule_count, bool live);

/* The four and their bytes, into an object. */
void counters_put_fates(json_t *into, const struct fates *fates, bool live);

#endif
