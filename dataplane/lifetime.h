/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a flow is over: silent for as long as its rule remembers, ended by its own FIN, RST or a new
 * SYN, or in the way of newer ones in a full table.
 */
#ifndef SLUICE_LIFETIME_H
#define SLUICE_LIFETIME_H

#include "dataplane/census.h"
#include "dataplane/counters.h"
#include "dataplane/flow.h"
#include "dataplane/ruleset.h"

enum flow_ending {
	ENDING_INPUT,    /* the input is over */
	ENDING_IDLE,     /* silent for longer than its rule remembers */
	ENDING_CLEARED,  /* by a FIN, RST or the server's SYN, as its rule says */
	ENDING_FOLLOWED, /* by another connection between the same ports */
	ENDING_PENALTY,  /* that it was under, is over (penalties.h) */
	ENDING_EVICTED,  /* to make room */
};

/* The caller sets all but the last. */
struct lifetimes {
	const struct ruleset *ruleset;
	struct flow_table *table;
	struct counters *counters;
	struct census *census;
	void (*end)(void *context, struct flow *flow, enum flow_ending ending); /* removes it */
	void *context;
	uint64_t full_until_ns;
};

/* False: the flow is not over, which most packets need not ask more about. */
static inline bool lifetime_may_be_over(
	const struct lifetimes *lifetimes, const struct flow *flow, const struct packet *packet)
{
	return packet->time_ns - flow->last_ns >= lifetimes->ruleset->patience_ns ||
	       packet->tcp_flags & TCP_SYN;
}

/* Whether the flow is over now that this packet of it comes; then it has been ended. */
bool lifetime_is_over(struct lifetimes *lifetimes, struct flow *flow, const struct packet *packet);

/* The same for a packet with FIN or RST (others end nothing so) that has been treated as the
 * flow's own. */
void lifetime_close(struct lifetimes *lifetimes, struct flow *flow, const struct packet *packet);

/* Ends flows that are idle, as pipeline_expire() says. */
void lifetimes_expire(struct lifetimes *lifetimes, uint64_t now_ns, uint32_t groups);

/* Makes room for one more flow; false when there is none to be had. */
bool lifetimes_make_room(struct lifetimes *lifetimes, uint64_t now_ns);

#endif
