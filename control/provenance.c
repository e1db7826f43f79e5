/* SPDX-License-Identifier: BSD-3-Clause */
#include "provenance.h"

#include "units.h"

#include <stddef.h>
#include <string.h>

static bool wants(const struct yaml_node *node, const char *what, const char *const *keys,
	struct failure *failure)
{
	const struct yaml_node *at = node->key ? node->key : node;

	for (int i = 0; keys[i]; i++) {
		if (!yaml_get(node, keys[i]))
			return yaml_failure(at, failure, "%s of a model needs %s", what, keys[i]);
	}
	return true;
}

/* Numbers without unit only where the parameter says what they count. */
static bool check_unit(const struct yaml_node *param, struct failure *failure)
{
	const struct yaml_node *value = yaml_get(param, "default");
	uint64_t number;

	if (value->kind != YAML_SCALAR || yaml_get(param, "unit") ||
		units_recognise(value->text, &number) != QUANTITY_NUMBER)
		return true;
	return yaml_failure(param->key, failure,
		"%s has a number without unit: unit says what it counts", param->key->text);
}

static bool check_params(const struct yaml_node *params, struct failure *failure)
{
	static const char *const needed[] = {"source", "certainty", "help", NULL};

	for (const struct yaml_node *param = params ? params->first : NULL; param;
		param = param->next) {
		if (!wants(param, "a parameter", needed, failure) || !check_unit(param, failure))
			return false;
	}
	return true;
}

static bool check_lists(const struct yaml_node *lists, struct failure *failure)
{
	static const char *const needed[] = {"source", "certainty", NULL};

	for (const struct yaml_node *list = lists ? lists->first : NULL; list; list = list->next) {
		if (list->kind == YAML_MAP && yaml_get(list, "versions") &&
			!wants(list, "a list with versions", needed, failure))
			return false;
	}
	return true;
}

static bool check_findings(const struct yaml_node *list, const char *what, struct failure *failure)
{
	static const char *const needed[] = {"source", NULL};

	for (const struct yaml_node *one = list ? list->first : NULL; one; one = one->next) {
		if (!wants(one, what, needed, failure))
			return false;
	}
	return true;
}

bool provenance_check(const struct yaml_node *root, struct failure *failure)
{
	return check_params(yaml_get(root, "params"), failure) &&
	       check_lists(yaml_get(root, "lists"), failure) &&
	       check_findings(yaml_get(root, "evasions"), "an evasion", failure) &&
	       check_findings(yaml_get(root, "expect"), "an expectation", failure);
}
