/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/expectation.h"

#include "control/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const places[] = {"virtual", "replay", "lab", NULL};

const char *const expectation_words[] = {"id", "in", "do", "tolerance", "than", "set", "seeds",
	"source", "certainty", "section", "note", "unmet", NULL};

enum { OWN_WORDS = sizeof(expectation_words) / sizeof(expectation_words[0]) - 1 };

/* Values, as numbers of the kind's unit */

struct measure {
	enum quantity quantity;
	double base_units; /* of units.h that are one of the observable's */
};

static const struct measure measures[] = {
	[OBSERVABLE_RATE] = {QUANTITY_RATE, 1},
	[OBSERVABLE_TIME] = {QUANTITY_DURATION, 1e9},
	[OBSERVABLE_BYTES] = {QUANTITY_BYTES, 1},
	[OBSERVABLE_COUNT] = {QUANTITY_NUMBER, 1e9},
	[OBSERVABLE_PART] = {QUANTITY_NUMBER, 1e9},
	[OBSERVABLE_FACTOR] = {QUANTITY_NUMBER, 1e9},
};

static bool read_number(const struct yaml_node *node, enum observable_kind kind, double *value,
	struct failure *failure)
{
	char why[UNITS_WHY];
	uint64_t units;

	if (!yaml_want_scalar(node, "a value", failure))
		return false;
	if (kind == OBSERVABLE_YESNO) {
		*value = !strcmp(node->text, "yes");
		return *value || !strcmp(node->text, "no") ||
		       yaml_failure(node, failure, "\"%.40s\" is neither yes nor no", node->text);
	}
	if (!units_parse(node->text, measures[kind].quantity, &units, why))
		return yaml_failure(node, failure, "%s", why);
	*value = (double)units / measures[kind].base_units;
	return true;
}

static bool read_bounds(
	const struct yaml_node *node, struct expected *expected, struct failure *failure)
{
	enum observable_kind kind = observables[expected->observable].kind;
	const struct yaml_node *last = node;

	if (kind == OBSERVABLE_WORD) {
		expected->word = node->text;
		return yaml_want_scalar(node, "a word", failure);
	}
	if (node->kind == YAML_LIST && node->count == 2) {
		last = node->first->next;
		node = node->first;
	} else if (node->kind != YAML_SCALAR) {
		return yaml_failure(node, failure, "%s wants one value or [least, most]",
			observables[expected->observable].word);
	}
	if (!read_number(node, kind, &expected->least, failure) ||
		!read_number(last, kind, &expected->most, failure))
		return false;
	if (kind == OBSERVABLE_FACTOR)
		expected->most = INFINITY;
	return expected->least <= expected->most ||
	       yaml_failure(node, failure, "[least, most] is reversed");
}

/* Its own unit, or % of the bounds. A tolerance in another unit is one of what the script says (the
 * time it waits), not of what is measured. */
static bool apply_tolerance(
	const struct yaml_node *node, struct expected *expected, struct failure *failure)
{
	enum observable_kind kind = observables[expected->observable].kind;
	struct failure other = {0};
	double tolerance = 0;
	char why[UNITS_WHY];
	uint64_t share;

	expected->low = expected->least;
	expected->high = expected->most;
	if (!node || kind == OBSERVABLE_YESNO || kind == OBSERVABLE_WORD)
		return true;
	if (!yaml_want_scalar(node, "tolerance", failure))
		return false;
	if (node->text[strlen(node->text) - 1] == '%') {
		if (!units_parse(node->text, QUANTITY_NUMBER, &share, why))
			return yaml_failure(node, failure, "%s", why);
		expected->low *= 1 - (double)share / 1e9;
		expected->high *= 1 + (double)share / 1e9;
		return true;
	}
	if (!read_number(node, kind, &tolerance, &other))
		return yaml_failure(node, failure,
			"\"%.40s\" is neither a share (10%%) nor in the unit of %s", node->text,
			observables[expected->observable].word);
	expected->low -= tolerance;
	expected->high += tolerance;
	return true;
}

static int find_observable(const char *word)
{
	int i = 0;

	while (i < OBSERVABLES && strcmp(observables[i].word, word))
		i++;
	return i;
}

static bool is_own(const char *word)
{
	int i = 0;

	while (i < OWN_WORDS && strcmp(expectation_words[i], word))
		i++;
	return i < OWN_WORDS;
}

static bool unknown(const struct yaml_node *key, struct failure *failure)
{
	const char *words[OBSERVABLES + OWN_WORDS + 1];

	for (int i = 0; i < OBSERVABLES; i++)
		words[i] = observables[i].word;
	memcpy(words + OBSERVABLES, expectation_words, sizeof(expectation_words));
	words[OBSERVABLES + OWN_WORDS] = NULL;
	return yaml_unknown(key, "key", key->text, "an expectation", words, failure);
}

static bool read_wanted(
	struct expectation *expectation, const struct yaml_node *node, struct failure *failure)
{
	const struct yaml_node *tolerance = yaml_get(node, "tolerance");

	for (const struct yaml_node *value = node->first; value; value = value->next) {
		int found = find_observable(value->key->text);
		struct expected *expected = &expectation->wanted[expectation->wanted_count];

		if (is_own(value->key->text))
			continue;
		if (found == OBSERVABLES)
			return unknown(value->key, failure);
		if (expectation->wanted_count == EXPECTED_MAX)
			return yaml_failure(value->key, failure,
				"an expectation has no more than %d observables", EXPECTED_MAX);
		expected->observable = (enum observable)found;
		if (!read_bounds(value, expected, failure) ||
			!apply_tolerance(tolerance, expected, failure))
			return false;
		expectation->wanted_count++;
	}
	return expectation->wanted_count ||
	       yaml_failure(node, failure, "nothing is expected: goodput, throttled, packets, ...");
}

/* Its own words */

static bool read_script(
	const struct yaml_node *node, struct script **script, struct failure *failure)
{
	struct script_mistake mistake;

	if (!yaml_want_scalar(node, "a script", failure))
		return false;
	*script = script_parse(node->text, &mistake);
	return *script ||
	       failure_at(failure, node->file, (int)node->line,
		       (int)(node->column + mistake.column - 1 + node->quoted), "%s", mistake.why);
}

static bool read_settings(
	struct expectation *expectation, const struct yaml_node *node, struct failure *failure)
{
	if (!node)
		return true;
	if (!yaml_want_map(node, "set", failure))
		return false;
	for (const struct yaml_node *value = node->first; value; value = value->next) {
		if (!yaml_want_scalar(value, value->key->text, failure))
			return false;
		if (expectation->setting_count == SETTINGS_MAX)
			return yaml_failure(
				value->key, failure, "no more than %d parameters", SETTINGS_MAX);
		expectation->settings[expectation->setting_count++] =
			(struct rules_setting){value->key->text, value->text};
	}
	return true;
}

static bool read_seeds(
	struct expectation *expectation, const struct yaml_node *node, struct failure *failure)
{
	char why[UNITS_WHY];
	uint64_t seeds = 3;

	if (node && !yaml_want_scalar(node, "seeds", failure))
		return false;
	if (node && !units_count(node->text, SEEDS_MAX, &seeds, why))
		return yaml_failure(node, failure, "%s", why);
	expectation->seeds = (unsigned)seeds;
	return seeds || yaml_failure(node, failure, "at least one seed is needed");
}

static bool read_texts(
	struct expectation *expectation, const struct yaml_node *node, struct failure *failure)
{
	const struct {
		const char *key, **text;
	} rows[] = {{"id", &expectation->id}, {"in", &expectation->in},
		{"source", &expectation->source}, {"certainty", &expectation->certainty},
		{"section", &expectation->section}, {"note", &expectation->note},
		{"unmet", &expectation->unmet}, {"tolerance", &expectation->tolerance}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct yaml_node *value = yaml_get(node, rows[i].key);

		*rows[i].text = value ? value->text : "";
		if (value && !yaml_want_scalar(value, rows[i].key, failure))
			return false;
	}
	for (int i = 0; *expectation->in && strcmp(places[i], expectation->in);) {
		if (!places[++i])
			return yaml_unknown(yaml_get(node, "in"), "place", expectation->in, "in",
				places, failure);
	}
	return true;
}

bool expectation_read(
	struct expectation *expectation, const struct yaml_node *node, struct failure *failure)
{
	const struct yaml_node *than, *script;

	*expectation = (struct expectation){.node = node};
	if (!yaml_want_map(node, "an expectation", failure) ||
		!read_texts(expectation, node, failure))
		return false;
	script = yaml_get(node, "do");
	if (!expectation->id[0] || !script)
		return yaml_failure(
			node, failure, "the expectation has no %s", script ? "id" : "do");
	than = yaml_get(node, "than");
	return read_script(script, &expectation->script, failure) &&
	       (!than || read_script(than, &expectation->than, failure)) &&
	       read_settings(expectation, yaml_get(node, "set"), failure) &&
	       read_seeds(expectation, yaml_get(node, "seeds"), failure) &&
	       read_wanted(expectation, node, failure);
}

void expectation_free(struct expectation *expectation)
{
	script_free(expectation->script);
	script_free(expectation->than);
	*expectation = (struct expectation){0};
}

bool expectation_check(const struct yaml_node *node, struct failure *failure)
{
	struct expectation expectation;
	bool good = expectation_read(&expectation, node, failure);

	expectation_free(&expectation);
	return good;
}
