/* SPDX-License-Identifier: BSD-3-Clause */
#include "occasions.h"

#include "hours.h"
#include "units.h"

bool occasions_between(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	return hours_items(conditions->references, items, &expr->opening);
}

bool occasions_chance(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	struct failure *failure = conditions->references->failure;
	const struct yaml_node *value = items->nodes[0];
	char why[UNITS_WHY];

	if (items->count != 1)
		return yaml_failure(
			items->nodes[1], failure, "chance is one share, like 0.263 or 26.3%%");
	if (!units_probability(value->text, &expr->chance, why))
		return yaml_failure(value, failure, "%s", why);
	return expr->chance ||
	       yaml_failure(value, failure, "a chance of 0 never holds: more than 0, at most 1");
}
