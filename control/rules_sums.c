/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules_sums.h"

#include <stdlib.h>

/* What a rule does not say of a phase is its idle; flows without a rule wait as long as the rules
 * that say something. */
static void sum_up_phase(struct ruleset *ruleset, enum flow_phase phase)
{
	uint64_t longest_ns = 0;

	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		struct rule *rule = &ruleset->rules[i];
		uint64_t *ns = &rule->timeouts_ns[phase];

		if (*ns > longest_ns)
			longest_ns = *ns;
		if (!*ns)
			*ns = rule->idle_ns;
	}
	ruleset->timed |= longest_ns != 0;
	ruleset->timeouts_ns[phase] = longest_ns ? longest_ns : ruleset->idle_ns;
}

/* Which rules have a penalty, and whether one of them is of more than one flow: then the flows that
 * may have it must meet. */
static void list_residuals(struct ruleset *ruleset)
{
	ruleset->residuals = calloc(ruleset->rule_count + 1u, sizeof(*ruleset->residuals));
	if (!ruleset->residuals)
		abort();
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		const struct residual *residual = &ruleset->rules[i].residual;

		if (!residual->lasts_ns)
			continue;
		ruleset->residuals[ruleset->residual_count++] = (uint16_t)i;
		ruleset->shared_count += residual->key != PENALTY_4_TUPLE;
	}
}

/* Flows that are counted together must meet. */
static void sum_up_limits(struct ruleset *ruleset)
{
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		const struct connections_limit *limit = &ruleset->rules[i].connections;

		ruleset->shared_count += limit->limit.over != 0;
		ruleset->hello_sources |= limit->parts & CONNECTIONS_JA3 ? 1 << HELLO_JA3 : 0;
		ruleset->hello_sources |= limit->parts & CONNECTIONS_JA4 ? 1 << HELLO_JA4 : 0;
	}
}

/* What holds for flows without a rule. */
static void sum_up_idle(struct ruleset *ruleset)
{
	ruleset->idle_ns = ruleset->rule_count ? 0 : FLOW_IDLE_NS;
	ruleset->cleared_by =
		CLEARED_BY_FIN | CLEARED_BY_RST | CLEARED_BY_SYN | CLEARED_BY_REMOTE_SYN;
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (rule->idle_ns > ruleset->idle_ns)
			ruleset->idle_ns = rule->idle_ns;
		ruleset->cleared_by &= rule->cleared_by;
	}
}

static void sum_up_patience(struct ruleset *ruleset)
{
	ruleset->patience_ns = ruleset->idle_ns;
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (rule->idle_ns < ruleset->patience_ns)
			ruleset->patience_ns = rule->idle_ns;
		for (int phase = 0; phase < PHASES; phase++) {
			if (rule->timeouts_ns[phase] < ruleset->patience_ns)
				ruleset->patience_ns = rule->timeouts_ns[phase];
		}
	}
}

void rules_sum_up(struct ruleset *ruleset)
{
	sum_up_idle(ruleset);
	for (int phase = 0; phase < PHASES; phase++)
		sum_up_phase(ruleset, phase);
	sum_up_patience(ruleset);
	list_residuals(ruleset);
	sum_up_limits(ruleset);
}
