/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What throttles remember for a rule as a whole (`per: rule`), for all workers of a box: they meet
 * in these states without a lock. A worker works on a copy and puts it in place by one 16-byte
 * compare-and-swap; when another was faster it works on what that one left, so every decision is
 * made on the state that all decisions before it made. There is one order of all packets, though
 * not always that of their times: what this costs is at shared_apply().
 */
#ifndef SLUICE_SHARED_H
#define SLUICE_SHARED_H

#include "dataplane/marks.h"
#include "dataplane/recent.h"
#include "dataplane/ruleset.h"

#include <stdbool.h>
#include <stdint.h>

struct shared_states;

/* `many`: more than one thread applies. 37 MB of address space, touched as it is used. NULL when it
 * cannot be had. */
struct shared_states *shared_states_new(bool many);
void shared_states_free(struct shared_states *states); /* NULL is fine */

/* What the box has marked (marks.h): MARKS at most. */
enum { MARKS = 1 << 18 };
struct marks *shared_marks(const struct shared_states *states);

/* What it has seen of late (recent.h): RECENT at most. */
enum { RECENT = 1 << 16 };
struct recent *shared_recent(const struct shared_states *states);

/* Makes the states fresh that were given to a throttle of `ruleset` later than in generation
 * `since`: by the control thread, before it publishes the ruleset. Nobody uses these when all
 * workers have adopted the ruleset before it. O(throttles). */
void shared_states_renew(
	struct shared_states *states, const struct ruleset *ruleset, uint32_t since);

/*
 * One packet through a step of SCOPE_RULE. `part`: 1 for the second direction of a step that has a
 * state for each, else 0.
 *
 * With many workers the clocks of two bursts differ by at most the length of a burst; a state's
 * time never runs backwards (the later time stands, the earlier packet finds no time passed). So
 * over any interval no more passes than burst + rate * (interval + one burst's length), and in the
 * long run exactly the rate.
 */
enum drop_reason shared_apply(struct shared_states *states, const struct throttle *step,
	unsigned part, const struct throttle_input *packet, uint64_t *leaves_ns);

#endif
