/* SPDX-License-Identifier: BSD-3-Clause */
#include "references.h"

#include "list_file.h"
#include "list_format.h"
#include "units.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const references_list_words[] = {
	"file", "format", "only", "select", "versions", "source", "certainty", NULL};

static const struct named_list *find_list(const struct references *references, const char *name)
{
	for (size_t i = 0; i < references->list_count; i++) {
		if (!strcmp(references->lists[i].name, name))
			return &references->lists[i];
	}
	return NULL;
}

const struct named_list *references_list(
	const struct references *references, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR || *node->text != '$')
		return NULL;
	return find_list(references, node->text + 1);
}

/* Follows "$NAME" to a parameter's value or a list; node itself when it is no reference; NULL
 * when there is no such name. */
static const struct yaml_node *follow(
	const struct references *references, const struct yaml_node *node)
{
	const struct parameter *parameter;
	const struct named_list *list;
	const char **words;
	size_t count = 0;

	if (node->kind != YAML_SCALAR || *node->text != '$')
		return node;
	list = find_list(references, node->text + 1);
	if (list)
		return list->items;
	parameter = parameters_find(&references->parameters, node->text + 1);
	if (parameter)
		return parameter->value;
	words = arena_alloc(references->arena,
		(references->parameters.count + references->list_count + 1) * sizeof(*words));
	for (size_t i = 0; i < references->parameters.count; i++)
		words[count++] = references->parameters.rows[i].name;
	for (size_t i = 0; i < references->list_count; i++)
		words[count++] = references->lists[i].name;
	if (!count)
		yaml_failure(node, references->failure,
			"unknown name \"%.60s\": the document has neither params nor lists",
			node->text);
	else
		yaml_unknown(node, "parameter or list", node->text + 1, NULL, words,
			references->failure);
	return NULL;
}

const struct yaml_node *references_scalar(
	const struct references *references, const struct yaml_node *node, const char *what)
{
	const struct yaml_node *value = follow(references, node);

	if (!value)
		return NULL;
	if (value->kind == YAML_LIST && value != node && value->count == 1)
		value = value->first;
	if (value->kind != YAML_SCALAR && value != node) {
		yaml_failure(node, references->failure,
			"%s must be a single value, and %.60s is a list", what, node->text);
		return NULL;
	}
	return yaml_want_scalar(value, what, references->failure) ? value : NULL;
}

bool references_word(const struct references *references, const struct yaml_node *node,
	const char *what, const char *const *words, uint8_t *index)
{
	const struct yaml_node *value = references_scalar(references, node, what);
	uint8_t i = 0;

	if (!value)
		return false;
	while (words[i] && strcmp(words[i], value->text))
		i++;
	if (!words[i])
		return yaml_unknown(value, what, value->text, NULL, words, references->failure);
	*index = i;
	return true;
}

static bool append(const struct references *references, struct items *items, uint32_t *room,
	const struct yaml_node *node, const char *what)
{
	if (!yaml_want_scalar(node, what, references->failure))
		return false;
	if (references->values_taken && ++*references->values_taken > REFERENCES_VALUES_MAX)
		return yaml_failure(node, references->failure,
			"too many values, those of referenced lists counted each time: at most %d",
			REFERENCES_VALUES_MAX);
	if (items->count == *room) {
		uint32_t larger = *room ? *room * 2 : 8;
		const struct yaml_node **nodes =
			arena_alloc(references->arena, larger * sizeof(*nodes));

		if (items->count)
			memcpy(nodes, items->nodes, items->count * sizeof(*nodes));
		items->nodes = nodes;
		*room = larger;
	}
	items->nodes[items->count++] = node;
	return true;
}

static bool append_all(const struct references *references, struct items *items, uint32_t *room,
	const struct yaml_node *node, const char *what)
{
	const struct yaml_node *value = follow(references, node);

	if (!value)
		return false;
	if (value->kind != YAML_LIST)
		return append(references, items, room, value, what);
	for (const struct yaml_node *item = value->first; item; item = item->next) {
		if (!append(references, items, room, item, what))
			return false;
	}
	return true;
}

bool references_items(const struct references *references, const struct yaml_node *node,
	const char *what, struct items *items)
{
	uint32_t room = 0;

	*items = (struct items){.written = true};
	if (node->kind == YAML_MAP)
		return yaml_want_list(node, what, references->failure);
	if (node->kind == YAML_SCALAR) {
		items->written = *node->text != '$';
		return append_all(references, items, &room, node, what);
	}
	for (const struct yaml_node *item = node->first; item; item = item->next) {
		if (item->kind != YAML_SCALAR)
			return yaml_want_scalar(item, what, references->failure);
		if (*item->text == '$')
			items->written = false;
		if (!append_all(references, items, &room, item, what))
			return false;
	}
	return true;
}

static bool plain_items(const struct references *references, const struct yaml_node *list)
{
	if (!yaml_want_list(list, "a list", references->failure))
		return false;
	for (const struct yaml_node *item = list->first; item; item = item->next) {
		if (!yaml_want_scalar(item, "an item of a list", references->failure))
			return false;
		if (*item->text == '$')
			return yaml_failure(item, references->failure,
				"a list has plain items: %.60s is a reference", item->text);
	}
	return true;
}

static const struct yaml_node *select_word(const struct references *references,
	const struct yaml_node *versions, const struct yaml_node *wanted)
{
	const struct yaml_node *version = yaml_get(versions, wanted->text);
	const char **words;
	size_t count = 0;

	if (version)
		return version;
	words = arena_alloc(references->arena, (versions->count + 1) * sizeof(*words));
	for (version = versions->first; version; version = version->next)
		words[count++] = version->key->text;
	yaml_unknown(wanted, "version", wanted->text, NULL, words, references->failure);
	return NULL;
}

static const struct yaml_node *select_date(const struct references *references,
	const struct yaml_node *versions, const struct yaml_node *wanted)
{
	const struct yaml_node *newest = NULL, *first = NULL;
	uint64_t date, limit, newest_date = 0, first_date = UINT64_MAX;
	char why[UNITS_WHY];

	if (!units_parse(wanted->text, QUANTITY_DATE, &limit, why)) {
		yaml_failure(wanted, references->failure, "%s", why);
		return NULL;
	}
	for (const struct yaml_node *version = versions->first; version; version = version->next) {
		if (!units_parse(version->key->text, QUANTITY_DATE, &date, why)) {
			yaml_failure(version->key, references->failure,
				"versions are named all by dates or all by words: %s", why);
			return NULL;
		}
		if (date < first_date) {
			first_date = date;
			first = version;
		}
		if (date <= limit && date >= newest_date) {
			newest_date = date;
			newest = version;
		}
	}
	if (!newest)
		yaml_failure(wanted, references->failure,
			"%s is before the first version of %s: %s or later", wanted->text,
			versions->key->text, first->key->text);
	return newest;
}

static bool read_origin(
	const struct references *references, struct named_list *list, const struct yaml_node *spec)
{
	const struct yaml_node *root = references->root;
	const struct yaml_node *source = yaml_get(spec, "source");
	const struct yaml_node *certainty = yaml_get(spec, "certainty");

	if (!parameters_source_known(root, source, references->failure) ||
		!parameters_certainty_known(certainty, references->failure))
		return false;
	list->source = source ? source->text : "";
	list->certainty = certainty ? certainty->text : "";
	return true;
}

static bool read_versions(
	const struct references *references, struct named_list *list, const struct yaml_node *spec)
{
	const struct yaml_node *versions = yaml_get(spec, "versions");
	const struct yaml_node *select = yaml_get(spec, "select");
	const struct yaml_node *wanted;
	uint64_t date;

	if (!versions || !select)
		return yaml_failure(spec, references->failure,
			"the list %s needs items: [..], {file: PATH}, or {versions: {..}, select: "
			"$NAME}",
			list->name);
	if (!yaml_want_map(versions, "versions", references->failure))
		return false;
	if (!versions->count)
		return yaml_failure(versions, references->failure, "versions is empty");
	for (const struct yaml_node *version = versions->first; version; version = version->next) {
		if (!plain_items(references, version))
			return false;
	}
	wanted = references_scalar(references, select, "select");
	if (!wanted)
		return false;
	list->items = units_recognise(versions->first->key->text, &date) == QUANTITY_DATE
			      ? select_date(references, versions, wanted)
			      : select_word(references, versions, wanted);
	if (!list->items)
		return false;
	list->version = list->items->key->text;
	return read_origin(references, list, spec);
}

static bool read_file(const struct references *references, struct named_list *list,
	const struct yaml_node *spec, const char *directory)
{
	struct list_source source = {
		.path = yaml_get(spec, "file"),
		.only = yaml_get(spec, "only"),
		.directory = directory,
	};
	const struct yaml_node *format = yaml_get(spec, "format");

	if (yaml_get(spec, "select") || yaml_get(spec, "versions"))
		return yaml_failure(source.path->key, references->failure,
			"either file, or versions and select");
	if (!yaml_want_scalar(source.path, "file", references->failure))
		return false;
	if (format && !references_word(references, format, "format", list_formats, &source.format))
		return false;
	if (source.only && source.format != LIST_PREFIXES)
		return yaml_failure(source.only->key, references->failure,
			"only the format prefixes has names to choose from");
	if (source.only && !plain_items(references, source.only))
		return false;
	list->items =
		list_file_read(references->arena, &source, references->skips, references->failure);
	return list->items;
}

static bool read_list(struct references *references, struct named_list *list,
	const struct yaml_node *spec, const char *directory)
{

	list->name = spec->key->text;
	list->version = list->source = list->certainty = "";
	if (parameters_find(&references->parameters, list->name))
		return yaml_failure(spec->key, references->failure,
			"%s is a parameter already: a list needs another name", list->name);
	if (spec->kind != YAML_MAP) {
		list->items = spec;
		return plain_items(references, spec);
	}
	if (!yaml_want_keys(spec, list->name, references_list_words, references->failure))
		return false;
	if (!yaml_get(spec, "file"))
		return read_versions(references, list, spec);
	return read_file(references, list, spec, directory);
}

bool references_skip(
	const struct references *references, const struct yaml_node *node, const char *format, ...)
{
	char why[400];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (!node->listed)
		return yaml_failure(node, references->failure, "%s", why);
	return skips_line(references->skips, references->failure, node->file, node->line,
		node->column, "%s", why);
}

bool references_read_lists(
	struct references *references, const struct yaml_node *root, const char *directory)
{
	const struct yaml_node *lists = yaml_get(root, "lists");

	references->root = root;
	references->values_taken = arena_alloc(references->arena, sizeof(uint64_t));
	if (!lists)
		return true;
	if (!yaml_want_few(lists, "lists", references->failure))
		return false;
	references->lists =
		arena_alloc(references->arena, lists->count * sizeof(struct named_list));
	for (const struct yaml_node *spec = lists->first; spec; spec = spec->next) {
		struct named_list list = {0};

		if (!read_list(references, &list, spec, directory))
			return false;
		references->lists[references->list_count++] = list;
	}
	return true;
}
