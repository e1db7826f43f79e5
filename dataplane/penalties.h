/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Residual penalties (`state: {residual: ..}`): a flow that was decided to fall under such a rule
 * marks its key, and until the mark is over every flow with that key falls under the rule too,
 * whatever it says, if the rule's words about headers are true of it and no rule before it is. When
 * it is over, so is the flow as the box knows it: its next packet begins another, between the same
 * client and server.
 *
 * Keys are made of the flow's own ends (client: the one that sent the first packet) and, where
 * ports are in it, the protocol.
 */
#ifndef SLUICE_PENALTIES_H
#define SLUICE_PENALTIES_H

#include "dataplane/counters.h"
#include "dataplane/flow.h"
#include "dataplane/marks.h"
#include "dataplane/ruleset.h"

struct penalties {
	const struct ruleset *ruleset;
	const struct flow_table *table;
	struct counters *counters;
	struct marks *marks;
};

/* The penalty under which the flow is, is over now that this packet comes. One that is not is
 * renewed by the packet, when its rule says so. */
bool penalties_over(struct penalties *penalties, struct flow *flow, const struct packet *packet);

/* Before the packet, which is counted in the flow, is looked into: decides the flow when another
 * has marked its key. */
void penalties_catch(struct penalties *penalties, struct flow *flow, const struct packet *packet);

/* The packet has decided its flow: marks the key, when the flow's rule has a penalty. */
void penalties_begin(struct penalties *penalties, struct flow *flow, const struct packet *packet);

/* The flow was cleared: what a four-tuple had is over. */
void penalties_clear(struct penalties *penalties, struct flow *flow);

#endif
