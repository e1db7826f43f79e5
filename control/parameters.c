/* SPDX-License-Identifier: BSD-3-Clause */
#include "parameters.h"

#include "plain_text.h"
#include "units.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct reader {
	struct arena *arena;
	struct failure *failure;
	const struct yaml_node *root;
};

const char *const parameters_words[] = {
	"default", "unit", "range", "choices", "source", "certainty", "help", NULL};

static const char *const certainty_words[] = {"A", "B", "C", "D", "R", "U", NULL};
static const char *const certainty_meanings[] = {
	"peer-reviewed, or the authors' own report",
	"the authors' code or data, or a transcription of the paper",
	"field reports, reproducible, no controlled study",
	"press or vendor text, or inferred: not published",
	"recalled, not confirmed",
	"unknown: nobody published it, the value is a choice of this library",
	"",
};

static size_t word_index(const char *word, const char *const *words)
{
	size_t i = 0;

	while (words[i] && strcmp(words[i], word))
		i++;
	return i;
}

const char *parameters_certainty_meaning(const char *certainty)
{
	return certainty_meanings[word_index(certainty, certainty_words)];
}

/* The keys of a map as a NULL-terminated list, for nearest words. */
static const char *const *key_words(struct arena *arena, const struct yaml_node *map)
{
	const char **words = arena_alloc(arena, (map->count + 1) * sizeof(*words));
	size_t count = 0;

	for (const struct yaml_node *value = map->first; value; value = value->next)
		words[count++] = value->key->text;
	return words;
}

bool parameters_source_known(
	const struct yaml_node *root, const struct yaml_node *source, struct failure *failure)
{
	const struct yaml_node *sources = yaml_get(root, "sources");
	struct arena *arena;
	bool known;

	if (!source)
		return true;
	if (!yaml_want_scalar(source, "source", failure))
		return false;
	if (!sources)
		return yaml_failure(source, failure,
			"unknown source \"%.60s\": the document has no sources", source->text);
	if (yaml_get(sources, source->text))
		return true;
	arena = arena_new();
	known = yaml_unknown(
		source, "source", source->text, NULL, key_words(arena, sources), failure);
	arena_free(arena);
	return known;
}

bool parameters_certainty_known(const struct yaml_node *certainty, struct failure *failure)
{
	if (!certainty)
		return true;
	if (!yaml_want_scalar(certainty, "certainty", failure))
		return false;
	return certainty_words[word_index(certainty->text, certainty_words)] ||
	       yaml_unknown(
		       certainty, "certainty", certainty->text, NULL, certainty_words, failure);
}

/* In `range: [low, high]`. */
static bool read_bounds(const struct reader *reader, const struct yaml_node *pair,
	enum quantity *quantity, uint64_t *low, uint64_t *high)
{
	const struct yaml_node *first = pair->first;
	char why[UNITS_WHY];

	if (pair->count != 2 || first->kind != YAML_SCALAR || first->next->kind != YAML_SCALAR)
		return yaml_failure(pair, reader->failure, "a range is [lowest, highest]");
	*quantity = units_recognise(first->text, low);
	if (*quantity == QUANTITY_TEXT)
		return yaml_failure(first, reader->failure,
			"\"%.60s\" is no number: a range has numbers with units, or use choices",
			first->text);
	if (!units_parse(first->next->text, *quantity, high, why))
		return yaml_failure(first->next, reader->failure, "%s", why);
	if (*low > *high)
		return yaml_failure(pair, reader->failure, "the range is reversed: lowest first");
	return true;
}

/* Whether the range of a parameter (one pair, or one pair for each unit) has this value. */
static bool in_range(const struct reader *reader, const struct yaml_node *range,
	const struct yaml_node *value, const char *allowed)
{
	bool several = range->first && range->first->kind == YAML_LIST;
	const struct yaml_node *pair = several ? range->first : range;
	bool inside = false, readable = false;
	char why[UNITS_WHY] = "";

	for (; pair; pair = several ? pair->next : NULL) {
		enum quantity quantity = 0;
		uint64_t low, high, number;

		if (!yaml_want_list(pair, "range", reader->failure) ||
			!read_bounds(reader, pair, &quantity, &low, &high))
			return false;
		if (!units_parse(value->text, quantity, &number, why))
			continue;
		readable = true;
		inside |= low <= number && number <= high;
	}
	if (!readable)
		return yaml_failure(value, reader->failure, "%s; allowed: %s", why, allowed);
	return inside || yaml_failure(value, reader->failure, "\"%.60s\" is out of range: %s",
				 value->text, allowed);
}

static bool in_choices(
	const struct reader *reader, const struct yaml_node *choices, const struct yaml_node *value)
{
	const char **words = arena_alloc(reader->arena, (choices->count + 1) * sizeof(*words));
	size_t count = 0;

	for (const struct yaml_node *choice = choices->first; choice; choice = choice->next) {
		if (!yaml_want_scalar(choice, "a choice", reader->failure))
			return false;
		if (!strcmp(choice->text, value->text))
			return true;
		words[count++] = choice->text;
	}
	return yaml_unknown(value, "choice", value->text, NULL, words, reader->failure);
}

/* Without range and choices a value must be of the default's kind. */
static bool same_quantity(const struct reader *reader, const struct yaml_node *value,
	const struct yaml_node *standard)
{
	uint64_t number;
	enum quantity wanted = units_recognise(standard->text, &number);
	char why[UNITS_WHY];

	if (wanted == QUANTITY_TEXT || units_parse(value->text, wanted, &number, why))
		return true;
	return yaml_failure(value, reader->failure, "%s", why);
}

static const char *describe_range(struct arena *arena, const struct yaml_node *range)
{
	const struct yaml_node *low = range->first;
	const char *text = "";

	if (low && low->kind == YAML_SCALAR && low->next && low->next->kind == YAML_SCALAR)
		return arena_format(arena, "%s to %s", low->text, low->next->text);
	for (const struct yaml_node *pair = low; pair; pair = pair->next) {
		if (pair->kind != YAML_LIST || !pair->first || pair->first->kind != YAML_SCALAR)
			continue;
		text = arena_format(
			arena, "%s%s%s", text, *text ? " or " : "", describe_range(arena, pair));
	}
	return text;
}

static const char *join(struct arena *arena, const struct yaml_node *list)
{
	size_t len = 0;
	char *text, *end;

	for (const struct yaml_node *item = list->first; item; item = item->next)
		len += strlen(item->text) + 1;
	text = end = arena_alloc(arena, len + 1);
	for (const struct yaml_node *item = list->first; item; item = item->next)
		end += sprintf(end, "%s%s", item->text, item->next ? "," : "");
	return text;
}

static bool check_value(
	const struct reader *reader, const struct parameter *row, const struct yaml_node *spec)
{
	const struct yaml_node *range = yaml_get(spec, "range");
	const struct yaml_node *choices = yaml_get(spec, "choices");

	if (row->value->kind == YAML_LIST)
		return true;
	if (range)
		return in_range(reader, range, row->value, row->allowed);
	if (choices)
		return in_choices(reader, choices, row->value);
	return same_quantity(reader, row->value, row->at);
}

static bool check_default(const struct reader *reader, const struct yaml_node *value)
{
	if (value->kind == YAML_SCALAR) {
		if (*value->text == '$')
			return yaml_failure(value, reader->failure,
				"a default is a value, not another parameter");
		return yaml_want_scalar(value, "default", reader->failure);
	}
	if (!yaml_want_list(value, "default", reader->failure))
		return false;
	for (const struct yaml_node *item = value->first; item; item = item->next) {
		if (!yaml_want_scalar(item, "an item of default", reader->failure) ||
			!check_default(reader, item))
			return false;
	}
	return true;
}

static bool check_bounds_words(
	const struct reader *reader, struct parameter *row, const struct yaml_node *spec)
{
	const struct yaml_node *range = yaml_get(spec, "range");
	const struct yaml_node *choices = yaml_get(spec, "choices");

	row->allowed = "";
	if (range && choices)
		return yaml_failure(choices->key, reader->failure, "either range or choices");
	if ((range || choices) && row->at->kind == YAML_LIST)
		return yaml_failure((range ? range : choices)->key, reader->failure,
			"a list has neither range nor choices");
	if (range && !yaml_want_list(range, "range", reader->failure))
		return false;
	if (choices && !yaml_want_list(choices, "choices", reader->failure))
		return false;
	if (range)
		row->allowed = describe_range(reader->arena, range);
	return true;
}

/* A scalar key of the parameter's map, "" when absent. */
static bool optional_text(const struct reader *reader, const struct yaml_node *spec,
	const char *word, const char **text)
{
	const struct yaml_node *node = yaml_get(spec, word);

	*text = "";
	if (!node)
		return true;
	if (!yaml_want_scalar(node, word, reader->failure))
		return false;
	*text = node->text;
	return true;
}

static bool read_row(
	const struct reader *reader, struct parameter *row, const struct yaml_node *spec)
{
	row->name = spec->key->text;
	if (!yaml_want_keys(spec, row->name, parameters_words, reader->failure))
		return false;
	if (strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(row->name))
		return yaml_failure(spec->key, reader->failure,
			"a parameter's name has small letters, digits, - and _ only");
	row->value = row->at = yaml_get(spec, "default");
	if (!row->value)
		return yaml_failure(
			spec->key, reader->failure, "the parameter %s has no default", row->name);
	if (!check_default(reader, row->value) || !check_bounds_words(reader, row, spec))
		return false;
	if (!optional_text(reader, spec, "unit", &row->unit) ||
		!optional_text(reader, spec, "source", &row->source) ||
		!optional_text(reader, spec, "certainty", &row->certainty) ||
		!optional_text(reader, spec, "help", &row->help))
		return false;
	return parameters_certainty_known(yaml_get(spec, "certainty"), reader->failure) &&
	       parameters_source_known(reader->root, yaml_get(spec, "source"), reader->failure) &&
	       check_value(reader, row, spec);
}

static const struct yaml_node *setting_list(
	struct arena *arena, const char *label, const char *text)
{
	struct yaml_node *list = arena_alloc(arena, sizeof(*list));
	struct yaml_node **end = &list->first;

	list->kind = YAML_LIST;
	list->file = label;
	while (*text) {
		size_t len = strcspn(text, ","), trimmed = len;

		while (trimmed && isspace((unsigned char)text[trimmed - 1]))
			trimmed--;
		if (trimmed) {
			*end = yaml_scalar(arena, label, text, trimmed);
			end = &(*end)->next;
			list->count++;
		}
		text += len + (text[len] == ',');
		text += strspn(text, " ");
	}
	return list;
}

static bool take_setting(const struct reader *reader, struct parameters *parameters,
	const struct rules_setting *setting)
{
	struct parameter *row = (struct parameter *)parameters_find(parameters, setting->name);
	const char *label =
		arena_format(reader->arena, "--set %s=%.60s", setting->name, setting->value);
	struct yaml_node *at = yaml_scalar(reader->arena, label, "", 0);
	const struct yaml_node *params = yaml_get(reader->root, "params");

	if (!row && !parameters->count)
		return yaml_failure(
			at, reader->failure, "%s has no parameters", reader->root->file);
	if (!row)
		return yaml_unknown(at, "parameter", setting->name, NULL,
			key_words(reader->arena, params), reader->failure);
	if (!plain_text_check(label, setting->value, strlen(setting->value), reader->failure))
		return false;
	row->set = true;
	if (row->at->kind == YAML_LIST) {
		row->value = setting_list(reader->arena, label, setting->value);
	} else {
		row->value =
			yaml_scalar(reader->arena, label, setting->value, strlen(setting->value));
		if (!yaml_want_scalar(row->value, row->name, reader->failure))
			return false;
		if (*setting->value == '$')
			return yaml_failure(at, reader->failure, "a plain value is wanted");
	}
	return check_value(reader, row, yaml_get(params, row->name));
}

const struct parameter *parameters_find(const struct parameters *parameters, const char *name)
{
	for (size_t i = 0; i < parameters->count; i++) {
		if (!strcmp(parameters->rows[i].name, name))
			return &parameters->rows[i];
	}
	return NULL;
}

bool parameters_read(struct parameters *parameters, struct arena *arena,
	const struct yaml_node *root, const struct rules_setting *settings, size_t setting_count,
	struct failure *failure)
{
	const struct reader reader = {arena, failure, root};
	const struct yaml_node *params = yaml_get(root, "params");

	*parameters = (struct parameters){0};
	if (params && !yaml_want_few(params, "params", failure))
		return false;
	if (params) {
		parameters->rows = arena_alloc(arena, params->count * sizeof(struct parameter));
		for (const struct yaml_node *spec = params->first; spec; spec = spec->next) {
			if (!read_row(&reader, &parameters->rows[parameters->count], spec))
				return false;
			parameters->count++;
		}
	}
	for (size_t i = 0; i < setting_count; i++) {
		if (!take_setting(&reader, parameters, &settings[i]))
			return false;
	}
	for (size_t i = 0; i < parameters->count; i++) {
		struct parameter *row = &parameters->rows[i];

		row->text =
			row->value->kind == YAML_LIST ? join(arena, row->value) : row->value->text;
	}
	return true;
}
