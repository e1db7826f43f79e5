/* SPDX-License-Identifier: BSD-3-Clause */
#include "metadata.h"

#include "compile.h"
#include "dictionary.h"
#include "evasions.h"
#include "hours.h"
#include "parameters.h"
#include "provenance.h"
#include "units.h"
#include "virtual/expectation.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char *const metadata_words[] = {"sluice", "id", "title", "years", "zone", "sources", "params",
	"lists", "rules", "evasions", "expect", NULL};
const char *const metadata_source_words[] = {"title", "url", "note", NULL};

static bool check_version(const struct yaml_node *root, struct failure *failure)
{
	const struct yaml_node *version = yaml_get(root, "sluice");

	if (!version)
		return yaml_failure(
			root, failure, "the document has no version: it begins with sluice: 1");
	if (version->kind != YAML_SCALAR || strcmp(version->text, "1") != 0)
		return yaml_failure(version, failure,
			"this version of the language is not known: sluice: 1 is");
	return true;
}

static bool check_id(const struct yaml_node *root, struct failure *failure)
{
	const struct yaml_node *id = yaml_get(root, "id");

	if (!id)
		return true;
	if (!yaml_want_scalar(id, "id", failure))
		return false;
	return compile_id_valid(id->text) ||
	       yaml_failure(id, failure,
		       "the id \"%.70s\" is not allowed: 1 to 63 small letters, digits and -",
		       id->text);
}

bool metadata_is_day(const char *text)
{
	char whole[12], why[UNITS_WHY];
	uint64_t date;
	size_t len = strlen(text);

	if (len != 4 && len != 7 && len != 10)
		return false;
	snprintf(whole, sizeof(whole), "%s%s", text, &"-01-01"[len == 4 ? 0 : len == 7 ? 3 : 6]);
	return units_parse(whole, QUANTITY_DATE, &date, why);
}

static bool check_years(const struct yaml_node *root, struct failure *failure)
{
	const struct yaml_node *years = yaml_get(root, "years");

	if (!years)
		return true;
	if (!yaml_want_list(years, "years", failure))
		return false;
	if (years->count < 1 || years->count > 2)
		return yaml_failure(
			years, failure, "years is [first, last], or [first] for what goes on");
	for (const struct yaml_node *year = years->first; year; year = year->next) {
		if (!yaml_want_scalar(year, "a year", failure))
			return false;
		if (!metadata_is_day(year->text))
			return yaml_failure(year, failure,
				"\"%.40s\" is no date: 2021, 2021-03 or 2021-03-10", year->text);
	}
	if (years->count == 2 && strcmp(years->first->text, years->first->next->text) > 0)
		return yaml_failure(years, failure, "years is reversed: the first is later");
	return true;
}

static bool check_sources(const struct yaml_node *root, struct failure *failure)
{
	const struct yaml_node *sources = yaml_get(root, "sources");

	if (!sources)
		return true;
	if (!yaml_want_few(sources, "sources", failure))
		return false;
	for (const struct yaml_node *source = sources->first; source; source = source->next) {
		const struct yaml_node *url;

		if (!yaml_want_keys(source, "a source", metadata_source_words, failure))
			return false;
		if (!yaml_get(source, "title"))
			return yaml_failure(source->key, failure, "the source %s has no title",
				source->key->text);
		for (const struct yaml_node *text = source->first; text; text = text->next) {
			if (!yaml_want_scalar(text, text->key->text, failure))
				return false;
		}
		url = yaml_get(source, "url");
		if (url && strncmp(url->text, "https://", 8) && strncmp(url->text, "http://", 7))
			return yaml_failure(
				url, failure, "\"%.60s\" is no address: https://...", url->text);
	}
	return true;
}

static bool check_expectation(const struct yaml_node *root, const struct yaml_node *node,
	struct dictionary *ids, struct failure *failure)
{
	const struct yaml_node *id;
	uint64_t *line;

	if (!expectation_check(node, failure))
		return false;
	id = yaml_get(node, "id");
	line = dictionary_at(ids, id->text);
	if (*line)
		return yaml_failure(id, failure,
			"the expectation id %s appears twice (first in line %u)", id->text,
			(unsigned)*line);
	*line = node->line;
	return parameters_certainty_known(yaml_get(node, "certainty"), failure) &&
	       parameters_source_known(root, yaml_get(node, "source"), failure);
}

static bool check_expect(const struct yaml_node *root, struct failure *failure)
{
	const struct yaml_node *expect = yaml_get(root, "expect");
	struct dictionary *ids;
	bool good = true;

	if (!expect)
		return true;
	if (!yaml_want_list(expect, "expect", failure))
		return false;
	ids = dictionary_new();
	for (const struct yaml_node *node = expect->first; node && good; node = node->next)
		good = check_expectation(root, node, ids, failure);
	dictionary_free(ids);
	return good;
}

bool metadata_check(const struct yaml_node *root, struct failure *failure)
{
	const struct yaml_node *title;

	if (!yaml_want_keys(root, "the document", metadata_words, failure) ||
		!check_version(root, failure) || !check_id(root, failure))
		return false;
	title = yaml_get(root, "title");
	if (title && !yaml_want_scalar(title, "title", failure))
		return false;
	return check_years(root, failure) && hours_zone_check(root, failure) &&
	       check_sources(root, failure) && check_expect(root, failure) &&
	       evasions_check(root, failure);
}

bool metadata_check_model(const struct yaml_node *root, const char *id, struct failure *failure)
{
	static const char *const needed[] = {"id", "title", "years", "sources"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!yaml_get(root, needed[i]))
			return yaml_failure(root, failure, "the model has no %s", needed[i]);
	}
	if (strcmp(yaml_get(root, "id")->text, id) != 0)
		return yaml_failure(
			yaml_get(root, "id"), failure, "the id is not the file's name: %s", id);
	return provenance_check(root, failure);
}

const char *metadata_text(const struct yaml_node *root, const char *key)
{
	const struct yaml_node *node = yaml_get(root, key);

	return node && node->kind == YAML_SCALAR ? node->text : "";
}
