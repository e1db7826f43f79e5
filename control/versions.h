/* SPDX-License-Identifier: BSD-3-Clause */
/* Versions of a lab's ruleset: how two of them differ, and which node runs which. */
#ifndef SLUICE_VERSIONS_H
#define SLUICE_VERSIONS_H

#include "ruleset_store.h"

#include <jansson.h>
#include <stdio.h>

/* Prints a unified diff, by diff(1). EXIT_ANSWER_NO without a line of its own when they differ. */
bool versions_diff(const struct stored_ruleset *from, const struct stored_ruleset *to,
	struct failure *failure);

/* Waits until every live node has applied or rejected the version, at most wait_ns (0: looks once).
 * An array of {node, version, sha256, status, error}; NULL with *failure set. A node that rejected
 * it, or has not answered in time, leaves EXIT_ANSWER_NO in *failure beside the array when
 * something was waited for. */
json_t *versions_wait(struct redis *redis, const char *lab, uint64_t version, const char *sha256,
	uint64_t wait_ns, struct failure *failure);

/* A line a node. */
void versions_print(const json_t *nodes, FILE *out);

#endif
