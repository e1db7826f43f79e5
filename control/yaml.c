/* SPDX-License-Identifier: BSD-3-Clause */
#include "yaml.h"

#include "nearest.h"
#include "plain_text.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

/* An open list or map while events come in. */
struct level {
	struct yaml_node *node;
	struct yaml_node *last;      /* its last value */
	const struct yaml_node *key; /* of a map: the key that waits for its value */
};

struct builder {
	struct arena *arena;
	const char *file;
	struct failure *failure;
	struct yaml_node *root;
	uint32_t nodes;
	int depth;
	struct level levels[DEPTH_MAX];
};

bool yaml_failure(const struct yaml_node *node, struct failure *failure, const char *format, ...)
{
	char text[sizeof(failure->line)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!node->line)
		return failure_set(failure, EXIT_BAD_INPUT, "%s: %s", node->file, text);
	return failure_at(failure, node->file, (int)node->line, (int)node->column, "%s", text);
}

static struct yaml_node *new_node(
	struct builder *builder, enum yaml_kind kind, const struct fy_mark *mark)
{
	struct yaml_node *node = arena_alloc(builder->arena, sizeof(*node));

	node->file = builder->file;
	node->kind = (uint8_t)kind;
	node->line = mark ? (uint32_t)mark->line + 1 : 1;
	node->column = mark ? (uint32_t)mark->column + 1 : 1;
	return node;
}

/* Puts a finished or just opened node where it belongs. */
static bool place(struct builder *builder, struct yaml_node *node)
{
	struct level *level;

	if (++builder->nodes > YAML_NODES_MAX)
		return yaml_failure(
			node, builder->failure, "too many values: at most %d", YAML_NODES_MAX);
	if (!builder->depth) {
		if (builder->root)
			return yaml_failure(node, builder->failure,
				"a second document: only one is allowed in a file");
		builder->root = node;
		return true;
	}
	level = &builder->levels[builder->depth - 1];
	if (level->node->kind == YAML_MAP && !level->key) {
		if (node->kind != YAML_SCALAR)
			return yaml_failure(node, builder->failure, "a key must be a plain word");
		level->key = node;
		return true;
	}
	node->key = level->key;
	level->key = NULL;
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->count++;
	return true;
}

static bool open_level(struct builder *builder, struct yaml_node *node)
{
	if (!place(builder, node))
		return false;
	if (builder->depth == DEPTH_MAX)
		return yaml_failure(
			node, builder->failure, "nested too deep: at most %d levels", DEPTH_MAX);
	builder->levels[builder->depth++] = (struct level){.node = node};
	return true;
}

static int by_key(const void *left, const void *right)
{
	const struct yaml_node *a = (*(const struct yaml_node *const *)left)->key;
	const struct yaml_node *b = (*(const struct yaml_node *const *)right)->key;
	int order = strcmp(a->text, b->text);

	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

static bool keys_differ(struct builder *builder, const struct yaml_node *map)
{
	const struct yaml_node **sorted;
	uint32_t count = 0;
	bool differ = true;

	if (map->count < 2)
		return true;
	sorted = calloc(map->count, sizeof(struct yaml_node *));
	if (!sorted)
		return failure_set(builder->failure, EXIT_REFUSED, "no memory left");
	for (const struct yaml_node *node = map->first; node; node = node->next)
		sorted[count++] = node;
	qsort(sorted, count, sizeof(*sorted), by_key);
	for (uint32_t i = 1; i < count && differ; i++) {
		const struct yaml_node *first = sorted[i - 1]->key, *second = sorted[i]->key;

		if (!strcmp(first->text, second->text))
			differ = yaml_failure(second, builder->failure,
				"the key \"%s\" appears twice (first in line %u): once is allowed",
				second->text, first->line);
	}
	free(sorted);
	return differ;
}

static bool close_level(struct builder *builder)
{
	const struct yaml_node *node = builder->levels[--builder->depth].node;

	return node->kind != YAML_MAP || keys_differ(builder, node);
}

/* A value that is not there has no place of its own. */
static void point_at_key(const struct builder *builder, struct yaml_node *node)
{
	const struct yaml_node *key =
		builder->depth ? builder->levels[builder->depth - 1].key : NULL;

	if (!key)
		return;
	node->line = key->line;
	node->column = key->column;
}

static bool take_scalar(struct builder *builder, struct fy_event *event, const struct fy_mark *mark)
{
	struct yaml_node *node = new_node(builder, YAML_SCALAR, mark);
	struct fy_token *token = event->scalar.value;
	enum fy_scalar_style style = token ? fy_scalar_token_get_style(token) : FYSS_PLAIN;
	size_t len = 0;
	const char *text = token ? fy_token_get_text(token, &len) : "";

	if (!len)
		point_at_key(builder, node);
	if (!text || memchr(text, 0, len))
		return yaml_failure(node, builder->failure, "a NUL byte: not allowed in text");
	node->text = arena_text(builder->arena, text, len);
	node->quoted = style != FYSS_PLAIN;
	if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
		node->column--; /* libfyaml points behind the quote */
	return place(builder, node);
}

/* Anchors and tags belong to a language that this one does not need. */
static bool plain(struct builder *builder, struct fy_event *event, const struct fy_mark *mark)
{
	struct fy_token *anchor = NULL, *tag = NULL;

	if (event->type == FYET_SCALAR) {
		anchor = event->scalar.anchor;
		tag = event->scalar.tag;
	} else if (event->type == FYET_MAPPING_START) {
		anchor = event->mapping_start.anchor;
		tag = event->mapping_start.tag;
	} else if (event->type == FYET_SEQUENCE_START) {
		anchor = event->sequence_start.anchor;
		tag = event->sequence_start.tag;
	}
	if (!anchor && !tag && event->type != FYET_ALIAS)
		return true;
	return yaml_failure(new_node(builder, YAML_SCALAR, mark), builder->failure, "%s",
		tag ? "YAML tags (!word) are not allowed"
		    : "YAML anchors and aliases (&word, *word) are not allowed: a pattern that "
		      "begins with * or & needs quotes");
}

static bool take_event(struct builder *builder, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (!plain(builder, event, mark))
		return false;
	switch (event->type) {
	case FYET_SCALAR:
		return take_scalar(builder, event, mark);
	case FYET_SEQUENCE_START:
		return open_level(builder, new_node(builder, YAML_LIST, mark));
	case FYET_MAPPING_START:
		return open_level(builder, new_node(builder, YAML_MAP, mark));
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		return close_level(builder);
	default:
		return true;
	}
}

/* libfyaml keeps what it found wrong; the first is the cause. */
static void syntax_failure(struct builder *builder, struct fy_diag *diag)
{
	void *previous = NULL;
	const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &previous);
	char text[160] = "not valid YAML";
	int line = 1, column = 1;

	if (error && error->msg) {
		snprintf(text, sizeof(text), "not valid YAML: %s", error->msg);
		text[strcspn(text, "\r\n")] = 0;
		line = error->line > 0 ? error->line : 1;
		column = error->column > 0 ? error->column : 1;
	}
	failure_at(builder->failure, builder->file, line, column, "%s", text);
}

static void parse(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
	struct fy_event *event;
	bool more = true;

	while (more && (event = fy_parser_parse(parser))) {
		more = event->type != FYET_STREAM_END && take_event(builder, event);
		fy_parser_event_free(parser, event);
	}
	if (more || fy_parser_get_stream_error(parser))
		syntax_failure(builder, diag);
}

const struct yaml_node *yaml_read(struct arena *arena, const char *file, const char *text,
	size_t len, struct failure *failure)
{
	struct builder builder = {.arena = arena, .file = file, .failure = failure};
	struct fy_diag_cfg diag_config;
	struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG};
	struct fy_parser *parser;

	if (len > YAML_BYTES_MAX) {
		failure_set(failure, EXIT_BAD_INPUT, "%s: too large: at most 16 MB", file);
		return NULL;
	}
	if (!plain_text_check(file, text, len, failure))
		return NULL;
	fy_diag_cfg_default(&diag_config);
	diag_config.fp = NULL;
	config.diag = fy_diag_create(&diag_config);
	if (config.diag)
		fy_diag_set_collect_errors(config.diag, true);
	parser = fy_parser_create(&config);
	if (!parser || fy_parser_set_string(parser, text, len))
		failure_set(failure, EXIT_REFUSED, "%s: the YAML parser does not start", file);
	else
		parse(&builder, parser, config.diag);
	fy_parser_destroy(parser);
	fy_diag_destroy(config.diag);
	if (!failure->exit_code && !builder.root)
		failure_at(failure, file, 1, 1,
			"empty: a map with the keys sluice and rules is "
			"wanted");
	return failure->exit_code ? NULL : builder.root;
}

struct yaml_node *yaml_scalar(struct arena *arena, const char *file, const char *text, size_t len)
{
	struct yaml_node *node = arena_alloc(arena, sizeof(*node));

	node->file = file;
	node->text = arena_text(arena, text, len);
	node->kind = YAML_SCALAR;
	return node;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	if (map->kind != YAML_MAP)
		return NULL;
	for (const struct yaml_node *node = map->first; node; node = node->next) {
		if (!strcmp(node->key->text, key))
			return node;
	}
	return NULL;
}

static bool want(const struct yaml_node *node, enum yaml_kind kind, const char *what,
	struct failure *failure)
{
	static const char *const words[] = {"a single value", "a list [..]", "a map {..}"};

	if (node->kind == kind)
		return true;
	return yaml_failure(
		node, failure, "%s must be %s, not %s", what, words[kind], words[node->kind]);
}

bool yaml_want_map(const struct yaml_node *node, const char *what, struct failure *failure)
{
	return want(node, YAML_MAP, what, failure);
}

bool yaml_want_few(const struct yaml_node *node, const char *what, struct failure *failure)
{
	if (!yaml_want_map(node, what, failure))
		return false;
	return node->count <= YAML_FEW || yaml_failure(node, failure, "too many %s: %u, at most %d",
						  what, node->count, YAML_FEW);
}

bool yaml_want_list(const struct yaml_node *node, const char *what, struct failure *failure)
{
	return want(node, YAML_LIST, what, failure);
}

bool yaml_want_scalar(const struct yaml_node *node, const char *what, struct failure *failure)
{
	if (!want(node, YAML_SCALAR, what, failure))
		return false;
	if (!*node->text)
		return yaml_failure(node, failure, "%s is empty: a value is wanted", what);
	return true;
}

bool yaml_unknown(const struct yaml_node *node, const char *thing, const char *word, const char *in,
	const char *const *words, struct failure *failure)
{
	const char *nearest = nearest_word(word, words);
	char allowed[400] = "";
	size_t used = 0;

	for (; *words && used < sizeof(allowed) - 1; words++)
		used += (size_t)snprintf(
			allowed + used, sizeof(allowed) - used, "%s%s", used ? ", " : "", *words);
	return yaml_failure(node, failure, "unknown %s \"%.60s\"%s%s%s%s%s allowed: %s%s", thing,
		word, in ? " in " : "", in ? in : "", nearest ? ", did you mean \"" : "",
		nearest ? nearest : "", nearest ? "\"?" : ";", allowed,
		used >= sizeof(allowed) ? "..." : "");
}

bool yaml_want_keys(const struct yaml_node *node, const char *what, const char *const *words,
	struct failure *failure)
{
	if (!yaml_want_map(node, what, failure))
		return false;
	for (const struct yaml_node *value = node->first; value; value = value->next) {
		const char *const *word = words;

		while (*word && strcmp(*word, value->key->text))
			word++;
		if (!*word)
			return yaml_unknown(
				value->key, "key", value->key->text, what, words, failure);
	}
	return true;
}

const char *yaml_library(void)
{
	return fy_library_version();
}
