/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which rule a flow falls under, by what is known of it at some time.
 */
#ifndef SLUICE_DECISION_H
#define SLUICE_DECISION_H

#include "dataplane/condition.h"
#include "dataplane/flow.h"
#include "dataplane/ruleset.h"

/* The rule that the flow was decided to fall under, if it is still there. */
static inline const struct rule *decision_of(const struct ruleset *ruleset, const struct flow *flow)
{
	const struct rule_slot *slot;

	if (flow->rule >= RULE_SLOTS)
		return NULL;
	slot = &ruleset->slots[flow->rule];
	if (slot->rule == RULE_NONE || slot->born_at > flow->generation)
		return NULL;
	return &ruleset->rules[slot->rule];
}

/* What the record knows for good: addresses, and the class as final. No names. */
struct evidence decision_evidence(const struct flow_record *record);

/* What the header tells, when everything else may still come. */
struct evidence decision_prospect(const struct flow_record *record);

/*
 * The first rule (its index) that is true while all before it are false; RULE_UNDECIDED while one
 * before it is open; RULE_NONE. Rules before *first_open are known to be false; it moves on. When
 * undecided, *waiting is the first true one, if it counts packets, else RULE_NONE. A rule with a
 * limit on connections counts the flow when it is reached and else true.
 */
uint16_t decision_rule(const struct ruleset *ruleset, const struct evidence *evidence,
	uint32_t *first_open, uint16_t *waiting);

/* Writes into flow and record that rule `index` (or RULE_NONE) was decided at this packet. */
void decision_take(const struct ruleset *ruleset, struct flow *flow, struct flow_record *record,
	uint16_t index, uint8_t reason);

/* Adds to the bitmap `seen` the lists that count for a name read by inspect i (index) from
 * `source`. True when that is news. */
bool decision_sight(const struct ruleset *ruleset, uint32_t i, struct span name, uint8_t source,
	uint64_t *seen);

/* The same for the texts of a ClientHello (hello_texts.h). */
bool decision_sight_hello(
	const struct ruleset *ruleset, uint32_t i, struct span texts, uint64_t *seen);

/* The same for a datagram of the client: the looks of inspect i that it fits. */
bool decision_sight_datagram(
	const struct ruleset *ruleset, uint32_t i, const struct datagram *datagram, uint64_t *seen);

/* The same for what is in a flow's record: the name, for each inspect that has read it. */
void decision_sight_known(const struct ruleset *ruleset, const struct flow_record *record,
	struct span name, struct span hello, uint64_t *seen);

/* A step of the rule would act on this packet by a count of its own. */
bool decision_is_due(const struct ruleset *ruleset, const struct rule *rule,
	const struct throttle_input *packet);

#endif
