/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/transition.h"

#include "dataplane/decision.h"
#include "dataplane/verdict.h"

/* The same flows still fall under the same rules, so this one does: it only begins again. */
static void begin_again(const struct examiner *examiner, struct flow *flow, const struct rule *rule)
{
	const struct ruleset *ruleset = examiner->ruleset;

	decision_take(ruleset, flow, flow_record(examiner->table, flow),
		(uint16_t)(rule - ruleset->rules), DECISION_REPLACED);
}

static bool can_wait(const struct ruleset *ruleset, const struct flow *flow, uint32_t *budget)
{
	if (flow->rule != RULE_NONE || flow->flags & FLOW_EXAMINED)
		return false;
	if (*budget < ruleset->rule_count && *budget < TRANSITION_RULES)
		return true;
	*budget -= ruleset->rule_count < *budget ? ruleset->rule_count : *budget;
	return false;
}

void transition_flow(
	struct examiner *examiner, struct enforcer *enforcer, struct flow *flow, uint32_t *budget)
{
	const struct ruleset *ruleset = examiner->ruleset;
	const struct rule *rule = decision_of(ruleset, flow);
	bool decided = flow->rule < RULE_SLOTS;
	bool others = ruleset->matching_since > flow->generation;
	bool anew = decided ? !rule || flow->generation < rule->redecides_before : others;

	if (others && can_wait(ruleset, flow, budget))
		return;
	if (!rule || flow->generation < rule->forgets_before)
		enforcer_forget(enforcer, flow);
	if (others)
		examine_renew(examiner, flow);
	flow->generation = ruleset->generation;
	if (anew && others)
		examine_again(examiner, flow);
	else if (anew)
		begin_again(examiner, flow, rule);
}
