/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ruleset takes the place of another while flows live. What stays the same keeps its numbers, so
 * that flows, counters and buckets go on; what changed is marked with the generation in which it
 * did, so that a flow that met an older ruleset last can tell at its next packet what became of its
 * rule.
 *
 *   a rule      is its id. It has a slot (its row of counters, the number in its flows) for as long
 *               as some ruleset has the id; then the slot waits, for the id to come back, until
 *               SLOTS_RESTING others have gone later (or all slots are in use). A slot that goes to
 *               another id begins a row of its own.
 *   a flow      keeps all its state while its rule's content is the same. When it changed: decided
 *               anew, with fresh states; `on_change: keep` leaves it where it is, with the states
 *               it has when the steps remember the same kind of thing.
 *   a bucket    that flows share lives while its rule is unchanged (or kept).
 *   an inspect  is what it says: flows under examination go on with those that are still there.
 */
#ifndef SLUICE_SUCCESSION_H
#define SLUICE_SUCCESSION_H

#include "dataplane/ruleset.h"

#include <stdbool.h>

enum { SLOTS_RESTING = 1024 };

/*
 * Numbers `ruleset`, which nobody reads yet, as the successor of `old`; NULL: as the first. Changes
 * nothing else of it and nothing of `old`, so it may be said again with another predecessor. False
 * when memory is gone; then it is as it was. O(n log n) in rules and slots.
 */
bool ruleset_succeed(struct ruleset *ruleset, const struct ruleset *old);

#endif
