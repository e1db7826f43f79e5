/* SPDX-License-Identifier: BSD-3-Clause */
#include "emit.h"

#include "dictionary.h"

#include <stdlib.h>
#include <string.h>

enum { LISTS_MAX = 65535 };

struct emitter {
	struct ruleset *ruleset;
	struct dictionary *lists; /* canonical text of a NAME to its list number + 1 */
	struct dictionary *sets;  /* canonical text of CLIENT or SERVER to its set + 1 */
	struct dictionary *looks; /* canonical text of a DATAGRAM to its look + 1 */
};

static void count_look(const struct expr *expr, struct ruleset *ruleset)
{
	ruleset->look_count++;
	ruleset->version_count += expr->look.version_count;
}

static void count(const struct expr *expr, struct ruleset *ruleset)
{
	ruleset->condition_count++;
	for (const struct expr *child = expr->first; child; child = child->next)
		count(child, ruleset);
	if (expr->op == CONDITION_CLIENT || expr->op == CONDITION_SERVER)
		ruleset->prefixes_count++;
	else if (expr->op == CONDITION_CLIENT_PORT || expr->op == CONDITION_SERVER_PORT)
		ruleset->port_count += expr->count;
	else if (expr->op == CONDITION_APP)
		ruleset->app_count++;
	else if (expr->op == CONDITION_DATAGRAM)
		count_look(expr, ruleset);
}

static void *zeroed(size_t size, size_t n)
{
	void *memory = calloc(n ? n : 1, size);

	if (!memory)
		abort();
	return memory;
}

/* The counts are room now and are counted again while the arrays fill. */
static void allocate(struct ruleset *ruleset)
{
	ruleset->conditions = zeroed(sizeof(*ruleset->conditions), ruleset->condition_count);
	ruleset->prefixes = zeroed(sizeof(*ruleset->prefixes), ruleset->prefixes_count);
	ruleset->ports = zeroed(sizeof(*ruleset->ports), ruleset->port_count);
	ruleset->apps = zeroed(sizeof(*ruleset->apps), ruleset->app_count);
	ruleset->looks = zeroed(sizeof(*ruleset->looks), ruleset->look_count);
	ruleset->versions = zeroed(sizeof(*ruleset->versions), ruleset->version_count);
	ruleset->condition_count = ruleset->prefixes_count = 0;
	ruleset->look_count = ruleset->version_count = 0;
	ruleset->port_count = ruleset->app_count = 0;
}

/* Equal conditions share a list; others never do, even with equal patterns: a list stands for
 * who reads the name and where. */
static void emit_names(struct emitter *emitter, const struct expr *expr, struct condition *to)
{
	struct ruleset *ruleset = emitter->ruleset;
	uint64_t *number = dictionary_at(emitter->lists, expr->canonical);

	if (!*number) {
		*number = ++ruleset->list_count;
		for (uint32_t i = 0; i < expr->count && *number <= LISTS_MAX; i++)
			names_add(ruleset->names, expr->patterns[i], (uint16_t)(*number - 1));
	}
	to->name.list = (uint16_t)(*number - 1);
	to->name.sources = expr->sources;
	to->name.inspect = expr->inspect;
}

/* Equal looks are one; what fits it is noted like a name on a list. */
static void emit_look(struct emitter *emitter, const struct expr *expr, struct condition *to)
{
	struct ruleset *ruleset = emitter->ruleset;
	uint64_t *number = dictionary_at(emitter->looks, expr->canonical);
	struct datagram_look *look = &ruleset->looks[ruleset->look_count];

	if (!*number) {
		*look = expr->look;
		look->inspect = expr->inspect;
		look->list = (uint16_t)ruleset->list_count++;
		look->version_first = ruleset->version_count;
		for (uint32_t i = 0; i < look->version_count; i++)
			ruleset->versions[ruleset->version_count++] = expr->versions[i];
		*number = ++ruleset->look_count;
	}
	to->look = (uint32_t)*number - 1;
}

static void emit_prefixes(struct emitter *emitter, const struct expr *expr, struct condition *to)
{
	struct ruleset *ruleset = emitter->ruleset;
	uint64_t *number = dictionary_at(emitter->sets, expr->canonical);

	if (!*number) {
		struct prefixes *set = prefixes_new();

		for (uint32_t i = 0; i < expr->count; i++)
			prefixes_add(set, &expr->prefixes[i]);
		prefixes_seal(set);
		ruleset->prefixes[ruleset->prefixes_count++] = set;
		*number = ruleset->prefixes_count;
	}
	to->prefixes = ruleset->prefixes[*number - 1];
}

static void emit(struct emitter *emitter, const struct expr *expr, uint32_t at);

/* Children lie side by side, so all get their places before the first has children itself. */
static void emit_children(struct emitter *emitter, const struct expr *expr, struct condition *to)
{
	uint32_t first = emitter->ruleset->condition_count, i = first;

	to->children.first = first;
	to->children.count = expr->count;
	emitter->ruleset->condition_count += expr->count;
	for (const struct expr *child = expr->first; child; child = child->next)
		emit(emitter, child, i++);
}

static void emit_ports(struct ruleset *ruleset, const struct expr *expr, struct condition *to)
{
	to->ports.first = ruleset->port_count;
	to->ports.count = expr->count;
	memcpy(ruleset->ports + ruleset->port_count, expr->ports,
		expr->count * sizeof(struct port_range));
	ruleset->port_count += expr->count;
}

static void emit(struct emitter *emitter, const struct expr *expr, uint32_t at)
{
	struct ruleset *ruleset = emitter->ruleset;
	struct condition *to = &ruleset->conditions[at];

	to->op = (uint8_t)expr->op;
	switch (expr->op) {
	case CONDITION_ALL:
	case CONDITION_ANY:
	case CONDITION_NOT:
		emit_children(emitter, expr, to);
		break;
	case CONDITION_INITIATOR:
		to->initiator = expr->initiator;
		break;
	case CONDITION_PROTO:
		memcpy(to->proto, expr->proto, sizeof(to->proto));
		break;
	case CONDITION_CLIENT:
	case CONDITION_SERVER:
		emit_prefixes(emitter, expr, to);
		break;
	case CONDITION_CLIENT_PORT:
	case CONDITION_SERVER_PORT:
		emit_ports(ruleset, expr, to);
		break;
	case CONDITION_NAME:
		emit_names(emitter, expr, to);
		break;
	case CONDITION_APP:
		to->apps = ruleset->app_count;
		memcpy(ruleset->apps[ruleset->app_count++], expr->apps, sizeof(ruleset->apps[0]));
		break;
	case CONDITION_CATEGORY:
		memcpy(to->categories, expr->categories, sizeof(to->categories));
		break;
	case CONDITION_FULLY_ENCRYPTED:
		to->fully_encrypted.limits = expr->limits;
		to->fully_encrypted.inspect = expr->inspect;
		break;
	case CONDITION_BETWEEN:
		to->opening = expr->opening;
		break;
	case CONDITION_CHANCE:
		to->chance = expr->chance;
		break;
	case CONDITION_PORT_ORDER:
		to->client_above = expr->client_above;
		break;
	case CONDITION_DATAGRAM:
		emit_look(emitter, expr, to);
		break;
	case CONDITION_CONNECTIONS: /* it is with the rule */
		break;
	}
}

static void fill_masks(struct ruleset *ruleset)
{
	ruleset->list_words = ruleset->list_count ? (ruleset->list_count + 63) / 64 : 1;
	for (uint32_t i = 0; i < ruleset->inspect_count; i++) {
		for (int source = 0; source < TEXT_SOURCES; source++)
			ruleset->list_masks[i][source] =
				zeroed(sizeof(uint64_t), ruleset->list_words);
	}
	for (uint32_t i = 0; i < ruleset->condition_count; i++) {
		const struct condition *condition = &ruleset->conditions[i];

		if (condition->op != CONDITION_NAME)
			continue;
		ruleset->hello_sources |= condition->name.sources & HELLO_SOURCES;
		for (int source = 0; source < TEXT_SOURCES; source++) {
			if (condition->name.sources & 1 << source)
				ruleset->list_masks[condition->name.inspect][source]
						   [condition->name.list / 64] |=
					1ull << condition->name.list % 64;
		}
	}
}

bool emit_conditions(const struct expr *const *exprs, struct ruleset *ruleset,
	const struct yaml_node *at, struct failure *failure)
{
	struct emitter emitter = {ruleset, dictionary_new(), dictionary_new(), dictionary_new()};

	for (uint32_t i = 0; i < ruleset->rule_count; i++)
		count(exprs[i], ruleset);
	allocate(ruleset);
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		ruleset->rules[i].condition = ruleset->condition_count++;
		emit(&emitter, exprs[i], ruleset->rules[i].condition);
	}
	dictionary_free(emitter.lists);
	dictionary_free(emitter.sets);
	dictionary_free(emitter.looks);
	if (ruleset->list_count > LISTS_MAX)
		return yaml_failure(at, failure,
			"too many different name conditions: %u, at most %d", ruleset->list_count,
			LISTS_MAX);
	if (!names_seal(ruleset->names))
		return yaml_failure(at, failure,
			"the regular expressions on names are too much together: fewer, or simpler "
			"ones");
	fill_masks(ruleset);
	return true;
}
