/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/proof_rows.h"

#include <math.h>
#include <string.h>

enum { TEXT_ROOM = 160, VALUE_ROOM = 40 };

static void put_range(enum observable_kind kind, double least, double most, char *into, size_t size)
{
	char first[VALUE_ROOM], last[VALUE_ROOM];

	proof_value(kind, least, first, sizeof(first));
	proof_value(kind, most, last, sizeof(last));
	if (!strcmp(first, last))
		snprintf(into, size, "%s", first);
	else
		snprintf(into, size, "%s to %s", first, last);
}

void proof_published(const struct expected *expected, char *into, size_t size)
{
	enum observable_kind kind = observables[expected->observable].kind;
	char value[VALUE_ROOM];

	if (kind == OBSERVABLE_WORD)
		snprintf(into, size, "%s", expected->word);
	else if (kind == OBSERVABLE_FACTOR)
		snprintf(into, size, "at least %s",
			proof_value(kind, expected->least, value, sizeof(value)));
	else
		put_range(kind, expected->least, expected->most, into, size);
}

void proof_measured(
	const struct expected *expected, const struct measured *measured, char *into, size_t size)
{
	enum observable_kind kind = observables[expected->observable].kind;

	if (kind == OBSERVABLE_WORD)
		snprintf(into, size, "%s", measured->word);
	else
		put_range(kind, measured->least, measured->most, into, size);
}

static void put_source(const struct expectation *expectation, FILE *out)
{
	fprintf(out, "  [%s%s%s%s%s]", expectation->source[0] ? expectation->source : "-",
		expectation->section[0] ? " " : "", expectation->section,
		expectation->certainty[0] ? " " : "", expectation->certainty);
}

void proof_print(const char *model, const struct proof *proof, FILE *out)
{
	const struct expectation *expectation = proof->expectation;
	char published[TEXT_ROOM], measured[TEXT_ROOM];

	for (size_t i = 0; i < expectation->wanted_count; i++) {
		const struct expected *expected = &expectation->wanted[i];

		proof_published(expected, published, sizeof(published));
		proof_measured(expected, &proof->measured[i], measured, sizeof(measured));
		fprintf(out, "%-7s  %-18s %-28s %s %s%s%s", proof_words[proof->state],
			i ? "" : model, i ? "" : expectation->id,
			observables[expected->observable].word, published,
			expectation->tolerance[0] ? " +-" : "", expectation->tolerance);
		if (proof->state != PROOF_NOT_RUN)
			fprintf(out, ": %s%s", measured,
				proof->measured[i].good ? "" : " (not as published)");
		put_source(expectation, out);
		fputc('\n', out);
	}
	if (proof->state == PROOF_UNMET)
		fprintf(out, "         %-18s cannot be met: %s\n", "", expectation->unmet);
	if (proof->state == PROOF_NOT_RUN)
		fprintf(out, "         %-18s wants real hosts (in: lab)\n", "");
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *wanted_json(const struct proof *proof, size_t i)
{
	const struct expected *expected = &proof->expectation->wanted[i];
	const struct measured *measured = &proof->measured[i];
	const struct observable_row *row = &observables[expected->observable];
	bool run = proof->state != PROOF_NOT_RUN;
	char text[2][TEXT_ROOM];
	json_t *value;

	proof_published(expected, text[0], sizeof(text[0]));
	proof_measured(expected, measured, text[1], sizeof(text[1]));
	value = json_pack("{s:s, s:s, s:s}", "observable", row->word, "published", text[0],
		"measured", run ? text[1] : "");
	if (run)
		json_object_set_new(value, "good", json_boolean(measured->good));
	if (row->kind == OBSERVABLE_WORD)
		return value;
	json_object_set_new(value, "wanted",
		json_pack("[o, o]", number(expected->least), number(expected->most)));
	json_object_set_new(value, "allowed",
		json_pack("[o, o]", number(expected->low), number(expected->high)));
	if (run)
		json_object_set_new(value, "values",
			json_pack("[o, o]", number(measured->least), number(measured->most)));
	return value;
}

static json_t *points_json(const struct trial *trial)
{
	json_t *points = json_array();

	for (unsigned i = 0; i < trial->point_count; i++)
		json_array_append_new(
			points, json_pack("[f, f]", trial->points[i].s, trial->points[i].bytes));
	return points;
}

json_t *proof_json(const char *model, const struct proof *proof)
{
	const struct expectation *expectation = proof->expectation;
	const struct yaml_node *script = yaml_get(expectation->node, "do");
	json_t *wanted = json_array();

	for (size_t i = 0; i < expectation->wanted_count; i++)
		json_array_append_new(wanted, wanted_json(proof, i));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:o}",
		"model", model, "id", expectation->id, "state", proof_words[proof->state], "in",
		expectation->in[0] ? expectation->in : "virtual", "do", script->text, "source",
		expectation->source, "section", expectation->section, "certainty",
		expectation->certainty, "tolerance", expectation->tolerance, "note",
		expectation->note, "unmet", expectation->unmet, "seeds", (int)proof->seeds,
		"expected", wanted, "transfer", points_json(&proof->first));
}
