/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What throttles remember for a rule as a whole (`per: rule`), for all workers of a box: they meet
 * in these states without a lock. A worker works on a copy and puts it in place by one 16-byte
 * compare-and-swap; when another was faster it does so again with what that one left.
 */
#ifndef SLUICE_SHARED_H
#define SLUICE_SHARED_H

#include "dataplane/ruleset.h"

#include <stdbool.h>
#include <stdint.h>

struct shared_states;

/* 17 MB of address space, touched as it is used. NULL when it cannot be had. */
struct shared_states *shared_states_new(void);
void shared_states_free(struct shared_states *states); /* NULL is fine */

/* Makes the states fresh that `ruleset` uses and no ruleset of generation `since` to its own did:
 * by the control thread, before it publishes the ruleset. O(rules). */
void shared_states_renew(
	struct shared_states *states, const struct ruleset *ruleset, uint32_t since);

#endif
