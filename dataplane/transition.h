/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flow meets a ruleset newer than the one it met last: at its next packet, whenever that comes.
 * No table is walked when a ruleset is adopted, so nothing stops then.
 *
 *   its rule is unchanged       all goes on as it was
 *   its rule changed            by on_change: decided anew with fresh throttle states, or kept,
 *                               with its states as far as they fit
 *   its rule has gone           decided anew
 *   it fell under no rule       decided anew, unless the same flows fall under the same rules
 *   it is being examined        goes on, see examine_renew()
 */
#ifndef SLUICE_TRANSITION_H
#define SLUICE_TRANSITION_H

#include "dataplane/enforce.h"
#include "dataplane/examine.h"

/* Rules that are tried for flows without a rule in one burst: more of them wait for a later packet,
 * so that a burst of flows that are all to be decided anew stays short. */
enum { TRANSITION_RULES = 4096 };

/* The packet at hand is already counted in the flow. *budget: TRANSITION_RULES in each burst. */
void transition_flow(
	struct examiner *examiner, struct enforcer *enforcer, struct flow *flow, uint32_t *budget);

#endif
