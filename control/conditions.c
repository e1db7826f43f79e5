/* SPDX-License-Identifier: BSD-3-Clause */
#include "conditions.h"

#include "canonical.h"
#include "connection_limits.h"
#include "datagrams.h"
#include "encrypted.h"
#include "leaves.h"

#include <string.h>

static struct failure *failure_of(const struct conditions *conditions)
{
	return conditions->references->failure;
}

struct expr *conditions_expr(const struct conditions *conditions, enum condition_op op,
	const struct yaml_node *at, const char *word)
{
	struct expr *expr = arena_alloc(conditions->references->arena, sizeof(*expr));

	expr->op = op;
	expr->at = at;
	expr->word = word;
	return expr;
}

bool conditions_always(const struct expr *expr)
{
	return expr->op == CONDITION_ALL && !expr->count;
}

bool conditions_never(const struct expr *expr)
{
	return expr->op == CONDITION_ANY && !expr->count;
}

/* Takes the children into ALL or ANY (the other constant decides alone, the own one says
 * nothing); one child alone is what it is. */
static struct expr *joined(struct expr *parent, struct expr *const *children, uint32_t count)
{
	bool all = parent->op == CONDITION_ALL;
	struct expr **end = &parent->first;

	for (uint32_t i = 0; i < count; i++) {
		struct expr *child = children[i];

		if (all ? conditions_never(child) : conditions_always(child))
			return child;
		if (all ? conditions_always(child) : conditions_never(child))
			continue;
		*end = child;
		end = &child->next;
		parent->count++;
	}
	return parent->count == 1 ? parent->first : parent;
}

static struct expr *read_map(struct conditions *conditions, const struct yaml_node *map,
	uint8_t inspect, const char *what);

static struct expr *read_not(
	struct conditions *conditions, const struct yaml_node *node, uint8_t inspect)
{
	struct expr *child = read_map(conditions, node, inspect, "not");
	struct expr *expr;

	if (!child)
		return NULL;
	expr = conditions_expr(conditions, CONDITION_NOT, node->key, "not");
	if (conditions_never(child) || conditions_always(child)) {
		expr->op = conditions_never(child) ? CONDITION_ALL : CONDITION_ANY;
		return expr;
	}
	expr->first = child;
	expr->count = 1;
	return expr;
}

static struct expr *read_any(
	struct conditions *conditions, const struct yaml_node *node, uint8_t inspect)
{
	struct expr **children;
	uint32_t count = 0;

	if (!yaml_want_list(node, "any", failure_of(conditions)))
		return NULL;
	if (!node->count) {
		yaml_failure(node, failure_of(conditions),
			"any is empty, so it can never match: a list of conditions is wanted");
		return NULL;
	}
	children = arena_alloc(conditions->references->arena, node->count * sizeof(struct expr *));
	for (const struct yaml_node *map = node->first; map; map = map->next) {
		children[count] = read_map(conditions, map, inspect, "a condition of any");
		if (!children[count++])
			return NULL;
	}
	return joined(
		conditions_expr(conditions, CONDITION_ANY, node->key, "any"), children, count);
}

static struct expr *read_leaf(struct conditions *conditions, const struct leaf *leaf,
	const struct yaml_node *node, uint8_t inspect)
{
	struct expr *expr = conditions_expr(conditions, leaf->op, node->key, leaf->word);
	struct items items;

	if (!references_items(conditions->references, node, leaf->word, &items))
		return NULL;
	if (!items.count && items.written) {
		yaml_failure(node, failure_of(conditions),
			"%s is empty, so it can never match: at least one value is wanted",
			leaf->word);
		return NULL;
	}
	if (!items.count) {
		const struct named_list *list = references_list(conditions->references, node);

		expr->op = CONDITION_ANY;
		expr->off = list && *list->version;
		return expr;
	}
	expr->count = items.count;
	expr->sources = leaf->sources;
	expr->inspect = inspect;
	if (!leaf->read(conditions, expr, &items))
		return NULL;
	if (!expr->count) /* every line of its lists was skipped */
		expr->op = CONDITION_ANY;
	return expr;
}

static struct expr *read_key(
	struct conditions *conditions, const struct yaml_node *node, uint8_t inspect)
{
	const struct leaf *leaf = leaves;

	if (!strcmp(node->key->text, "not"))
		return read_not(conditions, node, inspect);
	if (!strcmp(node->key->text, "any"))
		return read_any(conditions, node, inspect);
	if (!strcmp(node->key->text, "fully_encrypted"))
		return encrypted_read(conditions, node, inspect);
	if (!strcmp(node->key->text, "quic"))
		return datagrams_read(conditions, node, inspect);
	if (!strcmp(node->key->text, "connections"))
		return connection_limits_read(conditions, node);
	while (strcmp(leaf->word, node->key->text) != 0)
		leaf++;
	return read_leaf(conditions, leaf, node, inspect);
}

static struct expr *read_map(struct conditions *conditions, const struct yaml_node *map,
	uint8_t inspect, const char *what)
{
	struct expr **children;
	uint32_t count = 0;

	if (!yaml_want_keys(map, what, condition_words, failure_of(conditions)))
		return NULL;
	if (strcmp(what, "when") != 0 && yaml_get(map, "connections")) {
		yaml_failure(yaml_get(map, "connections")->key, failure_of(conditions),
			"connections stands in when itself: those are counted of which all else "
			"in it is true");
		return NULL;
	}
	if (!map->count && strcmp(what, "when") != 0) {
		yaml_failure(
			map, failure_of(conditions), "%s is empty: a condition is wanted", what);
		return NULL;
	}
	children = arena_alloc(conditions->references->arena, map->count * sizeof(struct expr *));
	for (const struct yaml_node *node = map->first; node; node = node->next) {
		children[count] = read_key(conditions, node, inspect);
		if (!children[count++])
			return NULL;
	}
	return joined(conditions_expr(conditions, CONDITION_ALL, map, what), children, count);
}

struct expr *conditions_read(
	struct conditions *conditions, const struct yaml_node *when, uint8_t inspect)
{
	struct expr *expr;

	if (!when) {
		expr = conditions_expr(conditions, CONDITION_ALL, NULL, "when");
	} else {
		expr = read_map(conditions, when, inspect, "when");
		if (!expr)
			return NULL;
	}
	canonical_write(conditions->references->arena, conditions->inspects, expr);
	return expr;
}

void conditions_end(struct conditions *conditions)
{
	dpi_free(conditions->dpi);
	conditions->dpi = NULL;
}
