/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include "compile.h"
#include "document.h"
#include "list_file.h"
#include "metadata.h"
#include "models/library.h"
#include "nearest.h"

#include "dataplane/succession.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void number_rules(struct rules *rules)
{
	const struct yaml_node *node = yaml_get(rules->root, "rules")->first;
	uint32_t count = rules->ruleset->rule_count;

	rules->rule_nodes = arena_alloc(rules->arena, count * sizeof(*rules->rule_nodes));
	for (uint32_t i = 0; i < count; i++, node = node->next)
		rules->rule_nodes[i] = node;
}

static bool read_document(struct rules *rules, const char *directory,
	const struct rules_setting *settings, size_t setting_count, const char *model_id,
	struct failure *failure)
{
	struct references *references = &rules->references;

	references->arena = rules->arena;
	references->failure = failure;
	references->skips = &rules->skips;
	rules->root = yaml_read(rules->arena, rules->origin, rules->text, rules->len, failure);
	if (!rules->root || !metadata_check(rules->root, failure))
		return false;
	if (model_id && !metadata_check_model(rules->root, model_id, failure))
		return false;
	if (!parameters_read(&references->parameters, rules->arena, rules->root, settings,
		    setting_count, failure) ||
		!references_read_lists(references, rules->root, directory))
		return false;
	rules->ruleset = compile_rules(references, rules->root);
	if (!rules->ruleset)
		return false;
	snprintf(rules->ruleset->id, sizeof(rules->ruleset->id), "%s", rules_id(rules));
	number_rules(rules);
	references->failure = NULL; /* the caller's; gone after this */
	return true;
}

/* Takes what is needed from the caller's memory; nothing of it is kept. Frees *rules when it
 * fails. */
static struct rules *fill(struct rules *rules, const char *directory, const char *text, size_t len,
	const struct rules_setting *settings, size_t setting_count, const char *model_id,
	struct failure *failure)
{
	bool good = false;

	if (len > YAML_BYTES_MAX) {
		failure_set(failure, EXIT_BAD_INPUT, "%s: too large: at most 16 MB", rules->origin);
	} else {
		rules->text = arena_text(rules->arena, text, len);
		rules->len = len;
		good = read_document(rules, directory, settings, setting_count, model_id, failure);
	}
	skips_end(&rules->skips);
	if (good)
		return rules;
	rules_free(rules);
	return NULL;
}

static struct rules *new_rules(const char *origin, bool skip_bad)
{
	struct arena *arena = arena_new();
	struct rules *rules = arena_alloc(arena, sizeof(*rules));

	rules->arena = arena;
	rules->origin = arena_text(arena, origin, strlen(origin));
	rules->skips = (struct skips){.arena = arena, .allowed = skip_bad};
	return rules;
}

struct rules *rules_load_text(const char *origin, const char *text, size_t len,
	const struct rules_setting *settings, size_t setting_count, struct failure *failure)
{
	return fill(
		new_rules(origin, false), NULL, text, len, settings, setting_count, NULL, failure);
}

struct rules *rules_none(struct failure *failure)
{
	static const char text[] = "sluice: 1\nid: none\n";
	struct rules *rules = new_rules("no rules", false);

	rules->text = text;
	rules->len = sizeof(text) - 1;
	rules->references.arena = rules->arena;
	rules->references.failure = failure;
	rules->root = yaml_read(rules->arena, rules->origin, text, rules->len, failure);
	rules->ruleset = rules->root ? compile_nothing(&rules->references) : NULL;
	rules->references.failure = NULL;
	if (rules->ruleset)
		return rules;
	rules_free(rules);
	return NULL;
}

static struct rules *no_such_model(const char *id, struct failure *failure)
{
	struct arena *arena = arena_new();
	const char **words = arena_alloc(arena, (library_count + 1) * sizeof(*words));
	const char *nearest;

	for (size_t i = 0; i < library_count; i++)
		words[i] = library_models[i].id;
	nearest = nearest_word(id, words);
	failure_set(failure, EXIT_BAD_INPUT,
		"unknown model \"%.80s\"%s%s%s (see sluice model list)", id,
		nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
	arena_free(arena);
	return NULL;
}

struct rules *rules_load_model(const char *id, const struct rules_setting *settings,
	size_t setting_count, struct failure *failure)
{
	char origin[80];

	for (size_t i = 0; i < library_count; i++) {
		const struct library_model *model = &library_models[i];

		if (strcmp(model->id, id) != 0)
			continue;
		snprintf(origin, sizeof(origin), "model %s", id);
		return fill(new_rules(origin, false), NULL, model->text, model->len, settings,
			setting_count, id, failure);
	}
	return no_such_model(id, failure);
}

static struct rules *load_file(const char *path, const struct rules_setting *settings,
	size_t setting_count, bool skip_bad, struct failure *failure)
{
	const char *slash = strrchr(path, '/');
	char *directory = NULL;
	struct rules *rules;
	size_t len;
	char *text = list_file_bytes(path, YAML_BYTES_MAX, &len);

	if (!text) {
		failure_set(failure, EXIT_BAD_INPUT, "%s: %s", path,
			errno == EFBIG    ? "too large: at most 16 MB"
			: errno == EINVAL ? "not a regular file"
					  : strerror(errno));
		return NULL;
	}
	if (slash)
		directory = strndup(path, (size_t)(slash - path) + (slash == path));
	rules = fill(new_rules(strcmp(path, "-") ? path : "standard input", skip_bad),
		directory ? directory : ".", text, len, settings, setting_count, NULL, failure);
	free(directory);
	free(text);
	return rules;
}

struct rules *rules_load_file(const char *path, const struct rules_setting *settings,
	size_t setting_count, struct failure *failure)
{
	return load_file(path, settings, setting_count, false, failure);
}

struct rules *rules_load_file_in_part(const char *path, const struct rules_setting *settings,
	size_t setting_count, struct failure *failure)
{
	return load_file(path, settings, setting_count, true, failure);
}

void rules_warn(const struct rules *rules, struct warnings *warnings)
{
	skips_warn(&rules->skips, warnings);
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	ruleset_free(rules->ruleset);
	arena_free(rules->arena);
}

const struct ruleset *rules_compiled(const struct rules *rules)
{
	return rules->ruleset;
}

bool rules_succeed(struct rules *rules, const struct ruleset *old)
{
	return ruleset_succeed(rules->ruleset, old);
}

const char *rules_id(const struct rules *rules)
{
	const char *id = metadata_text(rules->root, "id");

	return *id ? id : "unnamed";
}

const char *rules_title(const struct rules *rules)
{
	return metadata_text(rules->root, "title");
}

const char *rules_origin(const struct rules *rules)
{
	return rules->origin;
}

const char *rules_text(const struct rules *rules, size_t *len)
{
	*len = rules->len;
	return rules->text;
}

size_t rules_parameter_count(const struct rules *rules)
{
	return rules->references.parameters.count;
}

struct rules_parameter rules_parameter(const struct rules *rules, size_t i)
{
	const struct parameter *row = &rules->references.parameters.rows[i];

	return (struct rules_parameter){
		row->name, row->text, row->source, row->certainty, row->set};
}

const char *rules_model_id(size_t i)
{
	return i < library_count ? library_models[i].id : NULL;
}
