/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Applies the steps of a flow's rule to its packets, and keeps what the steps remember: for each
 * flow, for each inside host, or for the rule as a whole.
 */
#ifndef SLUICE_ENFORCE_H
#define SLUICE_ENFORCE_H

#include "classifiers/pool.h"
#include "dataplane/counters.h"
#include "dataplane/flow.h"
#include "dataplane/hosts.h"
#include "dataplane/ruleset.h"
#include "dataplane/shared.h"
#include "dataplane/verdict.h"

/* The caller sets the first seven, and lessens `held` when a packet is released. */
struct enforcer {
	const struct ruleset *ruleset;
	const struct prefixes *inside;
	const struct flow_table *table;
	struct counters *counters;
	uint64_t seed;                /* of every draw */
	uint64_t hold_limit;          /* packets held at once */
	struct shared_states *shared; /* of SCOPE_RULE; NULL: of its own */
	uint64_t held;
	struct shared_states *own; /* what `shared` is then */
	struct pool states;        /* of SCOPE_FLOW: THROTTLE_STATE_BYTES a flow */
	struct hosts *hosts;       /* of SCOPE_INSIDE_HOST */
};

/* `flows`: most flows with a state. `table_seed` changes no result. */
bool enforcer_begin(struct enforcer *enforcer, uint32_t flows, uint64_t table_seed);
void enforcer_end(struct enforcer *enforcer);

/* From now on `ruleset` is applied. States of its own that are given anew are fresh. */
void enforcer_adopt(struct enforcer *enforcer, const struct ruleset *ruleset);

/* Asks for the memory of what is remembered of the flow. */
static inline void enforcer_prefetch(const struct enforcer *enforcer, const struct flow *flow)
{
	if (flow->state)
		__builtin_prefetch(pool_at(&enforcer->states, flow->state), 1);
}

/* Every step of the flow's rule (which has steps) until one drops; each sees the packet at the time
 * at which the step before it lets it go. Fills verdict->fate, ->drop and ->leaves_ns. The packet
 * is already counted in the flow; verdict->direction is set. */
void enforce_packet(struct enforcer *enforcer, const struct rule *rule, struct flow *flow,
	const struct packet *packet, struct verdict *verdict);

/* A packet, already counted in its flow, as throttles see it (without a key). */
struct throttle_input enforce_input(const struct flow *flow, const struct flow_record *record,
	const struct packet *packet, enum direction direction);

/* The flow ends, or begins anew: nothing is remembered of it. */
void enforcer_forget(struct enforcer *enforcer, struct flow *flow);

#endif
