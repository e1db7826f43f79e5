/* SPDX-License-Identifier: BSD-3-Clause */
#include "connection_limits.h"

#include "units.h"

const char *const connection_limit_words[] = {"over", "within", "per", NULL};

static bool read_over(
	const struct references *references, const struct yaml_node *node, uint32_t *over)
{
	const struct yaml_node *value = references_scalar(references, node, "over");
	char why[UNITS_WHY];
	uint64_t number;

	if (!value)
		return false;
	if (!units_count(value->text, UINT32_MAX, &number, why))
		return yaml_failure(value, references->failure, "over: %s", why);
	if (!number || number > RECENT_OVER_MAX)
		return yaml_failure(value, references->failure,
			"over is a number of connections from 1 to %d", RECENT_OVER_MAX);
	*over = (uint32_t)number;
	return true;
}

static bool read_within(
	const struct references *references, const struct yaml_node *node, uint64_t *ns)
{
	const struct yaml_node *value = references_scalar(references, node, "within");
	char why[UNITS_WHY];

	if (!value)
		return false;
	if (!units_parse(value->text, QUANTITY_DURATION, ns, why))
		return yaml_failure(value, references->failure, "within: %s", why);
	return *ns || yaml_failure(value, references->failure,
			      "within of 0s: no two connections come in no time");
}

static bool read_per(
	const struct references *references, const struct yaml_node *node, uint8_t *parts)
{
	static const char *const words[] = {"client", "client/24", "server", "server/24",
		"server_port", "name", "tls.ja3", "tls.ja4", NULL};
	struct items items;
	uint8_t index;

	if (!references_items(references, node, "per", &items))
		return false;
	for (uint32_t i = 0; i < items.count; i++) {
		if (!references_word(references, items.nodes[i], "per", words, &index))
			return false;
		*parts |= 1u << index; /* enum connections_part */
		if ((*parts & CONNECTIONS_OF_CLIENT) == CONNECTIONS_OF_CLIENT ||
			(*parts & CONNECTIONS_OF_SERVER) == CONNECTIONS_OF_SERVER)
			return yaml_failure(items.nodes[i], references->failure,
				"an address and its net do not stand side by side: %s says it all",
				words[index & ~1u]);
	}
	return true;
}

struct expr *connection_limits_read(struct conditions *conditions, const struct yaml_node *node)
{
	const struct references *references = conditions->references;
	struct expr *expr =
		conditions_expr(conditions, CONDITION_CONNECTIONS, node->key, "connections");
	struct connections_limit *limit = &expr->connections;
	const struct yaml_node *over, *within, *per;

	if (!yaml_want_keys(node, "connections", connection_limit_words, references->failure))
		return NULL;
	over = yaml_get(node, "over");
	within = yaml_get(node, "within");
	per = yaml_get(node, "per");
	if (!over || !within) {
		yaml_failure(node, references->failure,
			"connections needs over and within, like {over: 3, within: 60s, per: "
			"[client, name]}");
		return NULL;
	}
	if (!read_over(references, over, &limit->limit.over) ||
		!read_within(references, within, &limit->limit.within_ns) ||
		(per && !read_per(references, per, &limit->parts)))
		return NULL;
	return expr;
}

bool connection_limits_take(const struct expr *when, bool names, struct connections_limit *limit,
	struct failure *failure)
{
	const struct expr *part = when->op == CONDITION_ALL ? when->first : when;

	while (part && part->op != CONDITION_CONNECTIONS)
		part = when->op == CONDITION_ALL ? part->next : NULL;
	if (!part)
		return true;
	*limit = part->connections;
	return names || !(limit->parts & CONNECTIONS_READ) ||
	       yaml_failure(part->at, failure,
		       "connections per name, tls.ja3 or tls.ja4: the rule decides before they are "
		       "known unless it asks for one, like tls.sni, beside it");
}
