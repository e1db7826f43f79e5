/* SPDX-License-Identifier: BSD-3-Clause */
#include "evasions.h"

#include "arena.h"
#include "metadata.h"
#include "parameters.h"

#include <string.h>

const char *const evasions_words[] = {"how", "worked", "date", "source", "certainty", "see", NULL};
static const char *const worked_words[] = {"yes", "no", NULL};

static bool check_worked(const struct yaml_node *node, struct failure *failure)
{
	const struct yaml_node *worked = yaml_get(node, "worked");

	for (int i = 0; worked_words[i]; i++) {
		if (!strcmp(worked->text, worked_words[i]))
			return true;
	}
	return yaml_unknown(worked, "answer", worked->text, "worked", worked_words, failure);
}

static bool check_date(const struct yaml_node *node, struct failure *failure)
{
	const struct yaml_node *date = yaml_get(node, "date");

	return !date || metadata_is_day(date->text) ||
	       yaml_failure(date, failure, "\"%.40s\" is no date: 2021, 2021-03 or 2021-03-10",
		       date->text);
}

static bool check_see(
	const struct yaml_node *root, const struct yaml_node *node, struct failure *failure)
{
	const struct yaml_node *see = yaml_get(node, "see"), *expect = yaml_get(root, "expect");
	struct arena *arena;
	const char **ids;
	uint32_t count = 0;
	bool known = !see;

	if (known)
		return true;
	arena = arena_new();
	ids = arena_alloc(arena, ((expect ? expect->count : 0) + 1) * sizeof(*ids));
	for (const struct yaml_node *one = expect ? expect->first : NULL; one; one = one->next)
		ids[count++] = yaml_get(one, "id")->text;
	for (uint32_t i = 0; i < count; i++)
		known |= !strcmp(ids[i], see->text);
	if (!known)
		yaml_unknown(see, "expectation", see->text, "see", ids, failure);
	arena_free(arena);
	return known;
}

static bool check_evasion(
	const struct yaml_node *root, const struct yaml_node *node, struct failure *failure)
{
	static const char *const needed[] = {"how", "worked"};

	if (!yaml_want_keys(node, "an evasion", evasions_words, failure))
		return false;
	for (const struct yaml_node *value = node->first; value; value = value->next) {
		if (!yaml_want_scalar(value, value->key->text, failure))
			return false;
	}
	for (int i = 0; i < 2; i++) {
		if (!yaml_get(node, needed[i]))
			return yaml_failure(node, failure, "the evasion has no %s", needed[i]);
	}
	return check_worked(node, failure) && check_date(node, failure) &&
	       parameters_certainty_known(yaml_get(node, "certainty"), failure) &&
	       parameters_source_known(root, yaml_get(node, "source"), failure) &&
	       check_see(root, node, failure);
}

bool evasions_check(const struct yaml_node *root, struct failure *failure)
{
	const struct yaml_node *evasions = yaml_get(root, "evasions");

	if (!evasions)
		return true;
	if (!yaml_want_list(evasions, "evasions", failure))
		return false;
	for (const struct yaml_node *node = evasions->first; node; node = node->next) {
		if (!check_evasion(root, node, failure))
			return false;
	}
	return true;
}

static void tell_evasion(const struct yaml_node *node, FILE *out)
{
	static const char *const keys[] = {"date", "source", "certainty", "see"};
	static const char *const before[] = {"", "source ", "certainty ", "shown by "};
	const char *sign = " (";

	fprintf(out, "    %s", metadata_text(node, "how"));
	for (int i = 0; i < 4; i++) {
		if (!yaml_get(node, keys[i]))
			continue;
		fprintf(out, "%s%s%s", sign, before[i], metadata_text(node, keys[i]));
		sign = ", ";
	}
	fputs(*sign == ',' ? ")\n" : "\n", out);
}

void evasions_tell(const struct yaml_node *root, FILE *out)
{
	static const char *const heads[] = {"  Worked\n", "  Failed\n"};
	const struct yaml_node *evasions = yaml_get(root, "evasions");

	if (!evasions || !evasions->count)
		return;
	fputs("\nEvasions\n", out);
	for (int i = 0; worked_words[i]; i++) {
		const char *head = heads[i];

		for (const struct yaml_node *node = evasions->first; node; node = node->next) {
			if (strcmp(metadata_text(node, "worked"), worked_words[i]) != 0)
				continue;
			fputs(head, out);
			head = "";
			tell_evasion(node, out);
		}
	}
}
