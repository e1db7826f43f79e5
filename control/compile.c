/* SPDX-License-Identifier: BSD-3-Clause */
#include "compile.h"

#include "box.h"
#include "canonical.h"
#include "conditions.h"
#include "connection_limits.h"
#include "content.h"
#include "dictionary.h"
#include "emit.h"
#include "reach.h"
#include "rules_sums.h"
#include "state.h"
#include "steps.h"

#include "dataplane/succession.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

const char *const rule_words[] = {
	"id", "when", "inspect", "state", "then", "on_change", "enabled", NULL};

struct compiler {
	const struct references *references;
	struct failure *failure;
	struct ruleset *ruleset;
	struct conditions conditions;
	struct dictionary *ids;
	struct reach *reach;
	const struct expr **exprs; /* one a rule */
	uint8_t *inspects;         /* one a rule: index into ruleset.inspects */
	uint32_t throttle_room;
};

bool compile_id_valid(const char *id)
{
	size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len && len < 64 && !id[len];
}

static bool read_id(struct compiler *compiler, const struct yaml_node *node, struct rule *rule)
{
	const struct yaml_node *id = yaml_get(node, "id");
	uint64_t *line;

	if (!id)
		return yaml_failure(node, compiler->failure, "the rule has no id");
	if (!yaml_want_scalar(id, "id", compiler->failure))
		return false;
	if (!compile_id_valid(id->text))
		return yaml_failure(id, compiler->failure,
			"the id \"%.70s\" is not allowed: 1 to 63 small letters, digits and -",
			id->text);
	line = dictionary_at(compiler->ids, id->text);
	if (*line)
		return yaml_failure(id, compiler->failure,
			"the rule id %s appears twice (first in line %u)", id->text,
			(unsigned)*line);
	*line = id->line;
	strcpy(rule->id, id->text);
	return true;
}

/* The entry of ruleset.inspects that reads this way. */
static bool share_inspect(struct compiler *compiler, const struct yaml_node *at,
	const struct inspect *inspect, uint8_t *index)
{
	struct ruleset *ruleset = compiler->ruleset;

	for (*index = 0; *index < ruleset->inspect_count; (*index)++) {
		if (inspect_equal(&ruleset->inspects[*index], inspect))
			return true;
	}
	if (ruleset->inspect_count == INSPECTS_MAX)
		return yaml_failure(at, compiler->failure,
			"too many different inspects: at most %d in one document", INSPECTS_MAX);
	ruleset->inspects[ruleset->inspect_count++] = *inspect;
	return true;
}

static bool mentions(const struct expr *expr, enum condition_op op)
{
	bool found = expr->op == op;

	for (const struct expr *child = expr->first; child && !found; child = child->next)
		found = mentions(child, op);
	return found;
}

static bool reads(const struct expr *expr)
{
	return mentions(expr, CONDITION_NAME) || mentions(expr, CONDITION_APP) ||
	       mentions(expr, CONDITION_CATEGORY) || mentions(expr, CONDITION_FULLY_ENCRYPTED) ||
	       mentions(expr, CONDITION_DATAGRAM);
}

static struct expr *never(struct compiler *compiler, const struct yaml_node *at)
{
	struct expr *expr = conditions_expr(&compiler->conditions, CONDITION_ANY, at, "enabled");

	expr->off = true;
	canonical_write(compiler->references->arena, compiler->conditions.inspects, expr);
	return expr;
}

/* What the rule says, or that it never matches: then all of it is checked all the same. */
static struct expr *read_when(
	struct compiler *compiler, const struct yaml_node *node, uint8_t inspect)
{
	static const char *const words[] = {"no", "yes", NULL};
	const struct yaml_node *enabled = yaml_get(node, "enabled");
	struct expr *expr = conditions_read(&compiler->conditions, yaml_get(node, "when"), inspect);
	uint8_t on = true;

	if (!expr ||
		(enabled && !references_word(compiler->references, enabled, "enabled", words, &on)))
		return NULL;
	return on ? expr : never(compiler, enabled);
}

/* Inspects of rules that read nothing are not kept. */
static bool read_condition(struct compiler *compiler, const struct yaml_node *node, uint32_t index)
{
	const struct yaml_node *written = yaml_get(node, "inspect");
	struct ruleset *ruleset = compiler->ruleset;
	uint32_t before = ruleset->inspect_count;
	struct inspect inspect;
	struct expr *expr;
	uint8_t number;

	if (!box_read_inspect(compiler->references, written, &inspect) ||
		!share_inspect(compiler, written ? written : node, &inspect, &number))
		return false;
	expr = read_when(compiler, node, number);
	if (!expr)
		return false;
	if (!reads(expr))
		ruleset->inspect_count = before;
	ruleset->wants_apps |= mentions(expr, CONDITION_APP) || mentions(expr, CONDITION_CATEGORY);
	ruleset->wants_entropy |= mentions(expr, CONDITION_FULLY_ENCRYPTED);
	if (!connection_limits_take(expr, mentions(expr, CONDITION_NAME),
		    &ruleset->rules[index].connections, compiler->failure))
		return false;
	compiler->exprs[index] = expr;
	compiler->inspects[index] = number;
	return reach_add(compiler->reach, expr, node, ruleset->rules[index].id);
}

/* Where each per-flow state lies in the flow's bytes. */
static bool place_states(struct compiler *compiler, const struct yaml_node *node,
	struct throttle *throttles, uint32_t count)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct throttle *throttle = &throttles[i];
		uint32_t copies = throttle->per.by_direction ? 2 : 1;

		if (throttle->per.scope != SCOPE_FLOW) {
			compiler->ruleset->shared_count++;
			continue;
		}
		throttle->flow_state_at = (uint16_t)used;
		used += throttle->kind->state_size * copies;
	}
	if (used > THROTTLE_STATE_BYTES)
		return yaml_failure(node, compiler->failure,
			"too many steps remember something for each flow: %u bytes, at most %d",
			used, THROTTLE_STATE_BYTES);
	if (compiler->ruleset->shared_count > SHARED_COUNT_MAX)
		return yaml_failure(node, compiler->failure,
			"too many steps share their state: at most %d in one document",
			SHARED_COUNT_MAX);
	return true;
}

/* What the box answers with is one thing a packet. */
static bool check_makers(struct compiler *compiler, const struct yaml_node *then,
	const struct throttle *throttles, uint32_t count)
{
	const struct throttle *first = NULL;

	for (uint32_t i = 0; i < count; i++) {
		if (!throttles[i].kind->makes)
			continue;
		if (first)
			return yaml_failure(then, compiler->failure,
				"%s stands beside %s: one of rst and rewrite in a rule",
				throttles[i].kind->word, first->kind->word);
		first = &throttles[i];
	}
	return true;
}

static struct throttle *room_for(struct compiler *compiler, uint32_t count)
{
	struct ruleset *ruleset = compiler->ruleset;
	struct throttle *throttles;
	uint32_t room = compiler->throttle_room;

	if (ruleset->throttle_count + count > room) {
		room = (room + count) * 2;
		throttles = realloc(ruleset->throttles, room * sizeof(*throttles));
		if (!throttles)
			abort();
		ruleset->throttles = throttles;
		compiler->throttle_room = room;
	}
	return ruleset->throttles + ruleset->throttle_count;
}

static bool read_then(struct compiler *compiler, const struct yaml_node *node, struct rule *rule)
{
	const struct yaml_node *then = yaml_get(node, "then");
	struct throttle throttles[STEPS_MAX];
	uint32_t count;

	if (!steps_read(compiler->references, then, throttles, &count))
		return false;
	if (!place_states(compiler, then, throttles, count) ||
		!check_makers(compiler, then, throttles, count)) {
		steps_free(throttles, count);
		return false;
	}
	rule->throttle_first = compiler->ruleset->throttle_count;
	rule->throttle_count = count;
	if (count)
		memcpy(room_for(compiler, count), throttles, count * sizeof(*throttles));
	compiler->ruleset->throttle_count += count;
	for (uint32_t i = 0; i < count; i++)
		rule->counts |= throttles[i].kind->due != NULL;
	return true;
}

static bool read_on_change(
	struct compiler *compiler, const struct yaml_node *node, struct rule *rule)
{
	static const char *const words[] = {"redecide", "keep", NULL};
	uint8_t index = 0;

	if (node && !references_word(compiler->references, node, "on_change", words, &index))
		return false;
	rule->keeps = index;
	return true;
}

static bool read_rule(struct compiler *compiler, const struct yaml_node *node, uint32_t index)
{
	struct rule *rule = &compiler->ruleset->rules[index];

	if (!yaml_want_keys(node, "a rule", rule_words, compiler->failure))
		return false;
	return read_id(compiler, node, rule) && read_condition(compiler, node, index) &&
	       state_read(compiler->references, yaml_get(node, "state"), rule) &&
	       read_then(compiler, node, rule) &&
	       read_on_change(compiler, yaml_get(node, "on_change"), rule);
}

/* When all steps lie where they stay. */
static void sign(struct compiler *compiler)
{
	struct ruleset *ruleset = compiler->ruleset;

	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		struct rule *rule = &ruleset->rules[i];
		const struct expr *expr = compiler->exprs[i];

		rule->content = content_of(rule, expr,
			reads(expr) ? &ruleset->inspects[compiler->inspects[i]] : NULL,
			ruleset->throttles + rule->throttle_first);
	}
}

static bool read_rules(struct compiler *compiler, const struct yaml_node *rules)
{
	struct ruleset *ruleset = compiler->ruleset;
	uint32_t index = 0;

	ruleset->rules = calloc(rules->count, sizeof(struct rule));
	if (!ruleset->rules)
		abort();
	ruleset->rule_count = rules->count;
	compiler->exprs =
		arena_alloc(compiler->references->arena, rules->count * sizeof(*compiler->exprs));
	compiler->inspects = arena_alloc(compiler->references->arena, rules->count);
	for (const struct yaml_node *node = rules->first; node; node = node->next) {
		if (!read_rule(compiler, node, index++))
			return false;
	}
	rules_sum_up(ruleset);
	sign(compiler);
	if (!emit_conditions(compiler->exprs, ruleset, rules, compiler->failure))
		return false;
	if (!ruleset_succeed(ruleset, NULL))
		abort();
	return true;
}

static bool check_list(
	const struct yaml_node *root, const struct yaml_node *rules, struct failure *failure)
{
	if (!rules)
		return yaml_failure(root, failure, "the document has no rules");
	if (!yaml_want_list(rules, "rules", failure))
		return false;
	if (!rules->count)
		return yaml_failure(rules, failure, "rules is empty: at least one is wanted");
	if (rules->count > RULE_MAX)
		return yaml_failure(
			rules, failure, "too many rules: %u, at most %d", rules->count, RULE_MAX);
	return true;
}

static struct ruleset *compile(const struct references *references, const struct yaml_node *rules)
{
	struct compiler compiler = {.references = references, .failure = references->failure};
	uint64_t key;

	compiler.conditions.references = references;
	compiler.ruleset = calloc(1, sizeof(struct ruleset));
	if (!compiler.ruleset)
		abort();
	compiler.conditions.inspects = compiler.ruleset->inspects;
	if (getrandom(&key, sizeof(key), 0) != sizeof(key))
		key = (uintptr_t)compiler.ruleset;
	compiler.ruleset->names = names_new(key);
	compiler.ids = dictionary_new();
	compiler.reach = reach_new(references->arena, references->failure);
	if (!read_rules(&compiler, rules)) {
		ruleset_free(compiler.ruleset);
		compiler.ruleset = NULL;
	}
	conditions_end(&compiler.conditions);
	dictionary_free(compiler.ids);
	reach_free(compiler.reach);
	return compiler.ruleset;
}

struct ruleset *compile_rules(const struct references *references, const struct yaml_node *root)
{
	const struct yaml_node *rules = yaml_get(root, "rules");

	return check_list(root, rules, references->failure) ? compile(references, rules) : NULL;
}

struct ruleset *compile_nothing(const struct references *references)
{
	static const struct yaml_node none;

	return compile(references, &none);
}
