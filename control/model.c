/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands about models: list, show, check, explain. */
#include "commands.h"
#include "document.h"
#include "explain.h"
#include "metadata.h"
#include "rules.h"
#include "schema.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct options {
	bool json;
	struct option_list set;
};

#define OPTION_JSON                                                                                \
	{                                                                                          \
		"--json", 0, OPTION_FLAG, NULL, "print JSON", offsetof(struct options, json), 0, 0 \
	}

static const struct option_row json_only[] = {OPTION_JSON, {.name = NULL}};
static const struct option_row with_set[] = {
	OPTION_JSON,
	{"--set", 0, OPTION_LIST, "NAME=VALUE", "set a parameter (a list: comma separated)",
		offsetof(struct options, set), 0, 0},
	{.name = NULL},
};

/* What a command was given. */
struct call {
	struct options options;
	struct option_list names;
	struct rules_setting *settings;
	struct failure *failure;
};

static bool cut_settings(struct call *call)
{
	const struct option_list *set = &call->options.set;

	call->settings = calloc(set->count + 1, sizeof(*call->settings));
	if (!call->settings)
		return failure_set(call->failure, EXIT_REFUSED, "no memory left");
	for (size_t i = 0; i < set->count; i++) {
		const char *equals = strchr(set->items[i], '=');

		if (!equals || equals == set->items[i])
			return failure_set(call->failure, EXIT_BAD_INPUT,
				"--set %.80s: NAME=VALUE is wanted", set->items[i]);
		call->settings[i].value = equals + 1;
		call->settings[i].name = strndup(set->items[i], (size_t)(equals - set->items[i]));
		if (!call->settings[i].name)
			return failure_set(call->failure, EXIT_REFUSED, "no memory left");
	}
	return true;
}

static void end_call(const struct command *command, struct call *call)
{
	for (size_t i = 0; call->settings && call->settings[i].name; i++)
		free((char *)call->settings[i].name);
	free(call->settings);
	options_free(command, &call->options, &call->names);
}

/* Parses, checks how many names there are, runs and cleans up. */
static int with_call(const struct command *command, int argc, char **argv, struct failure *failure,
	size_t least, size_t most, int (*run)(struct call *))
{
	struct call call = {.failure = failure};
	int parsed = options_parse(command, argc, argv, &call.options, &call.names, failure);
	int code = EXIT_DONE;

	if (parsed < 0)
		code = EXIT_BAD_INPUT;
	if (!parsed && (call.names.count < least || call.names.count > most))
		failure_set(failure, EXIT_BAD_INPUT, "%s: usage: sluice %s %s", command->name,
			command->name, command->synopsis);
	else if (!parsed && cut_settings(&call))
		code = run(&call);
	end_call(command, &call);
	return failure->exit_code ? failure->exit_code : code;
}

/* An id of the library, or a file when it looks like a path. */
static struct rules *load(const char *name, const struct call *call)
{
	if (strchr(name, '/') || strchr(name, '.') || !strcmp(name, "-"))
		return rules_load_file(
			name, call->settings, call->options.set.count, call->failure);
	return rules_load_model(name, call->settings, call->options.set.count, call->failure);
}

static void print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(value);
}

/* A tree of the document as JSON; scalars stay text as written. */
static json_t *node_json(const struct yaml_node *node)
{
	json_t *value;

	if (!node)
		return json_null();
	if (node->kind == YAML_SCALAR)
		return json_string(node->text);
	value = node->kind == YAML_LIST ? json_array() : json_object();
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		if (node->kind == YAML_LIST)
			json_array_append_new(value, node_json(child));
		else
			json_object_set_new(value, child->key->text, node_json(child));
	}
	return value;
}

static json_t *parameters_json(const struct rules *rules)
{
	const struct parameters *parameters = &rules->references.parameters;
	json_t *list = json_array();

	for (size_t i = 0; i < parameters->count; i++) {
		const struct parameter *row = &parameters->rows[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "name",
				      row->name, "value", row->text, "unit", row->unit, "allowed",
				      row->allowed, "source", row->source, "certainty",
				      row->certainty, "help", row->help, "set", row->set));
	}
	return list;
}

static json_t *model_json(const struct rules *rules)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", rules_id(rules), "title",
		rules_title(rules), "years", node_json(yaml_get(rules->root, "years")), "sources",
		node_json(yaml_get(rules->root, "sources")), "parameters", parameters_json(rules));
}

static void print_listed(const struct rules *rules)
{
	const struct yaml_node *years = yaml_get(rules->root, "years");
	const char *first = years ? years->first->text : "";
	const char *last = years && years->count > 1 ? years->first->next->text : "";

	printf("%-18s %-10s %-10s  %s\n", rules_id(rules), first, last, rules_title(rules));
}

static int run_list(struct call *call)
{
	const char *id;

	for (size_t i = 0; (id = rules_model_id(i)); i++) {
		struct rules *rules = rules_load_model(id, NULL, 0, call->failure);

		if (!rules)
			return EXIT_BAD_INPUT;
		if (call->options.json)
			print_json(model_json(rules));
		else
			print_listed(rules);
		rules_free(rules);
	}
	return EXIT_DONE;
}

static int run_show(struct call *call)
{
	struct rules *rules = load(call->names.items[0], call);
	const char *text;
	size_t len;

	if (!rules)
		return EXIT_BAD_INPUT;
	text = rules_text(rules, &len);
	if (call->options.json) {
		json_t *value = model_json(rules);

		json_object_set_new(value, "rules", node_json(yaml_get(rules->root, "rules")));
		json_object_set_new(value, "lists", node_json(yaml_get(rules->root, "lists")));
		json_object_set_new(
			value, "evasions", node_json(yaml_get(rules->root, "evasions")));
		json_object_set_new(value, "expect", node_json(yaml_get(rules->root, "expect")));
		json_object_set_new(value, "document", json_stringn(text, len));
		print_json(value);
	} else {
		fwrite(text, 1, len, stdout);
	}
	rules_free(rules);
	return EXIT_DONE;
}

static json_t *sentence_json(const struct rules *rules, uint32_t rule, explain_sentence *tell)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	json_t *value;

	if (!out)
		return json_null();
	tell(rules, rule, out);
	fclose(out);
	value = json_stringn(text, len);
	free(text);
	return value;
}

static json_t *explained_json(const struct rules *rules)
{
	json_t *value = model_json(rules), *list = json_array();

	for (uint32_t i = 0; i < rules->ruleset->rule_count; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:o, s:o, s:o, s:o}", "id", rules->ruleset->rules[i].id,
				"takes", sentence_json(rules, i, explain_when), "reads",
				sentence_json(rules, i, explain_reading), "does",
				sentence_json(rules, i, explain_then), "until",
				sentence_json(rules, i, explain_until)));
	json_object_set_new(value, "rules", list);
	json_object_set_new(value, "evasions", node_json(yaml_get(rules->root, "evasions")));
	return value;
}

static int run_explain(struct call *call)
{
	struct rules *rules = load(call->names.items[0], call);

	if (!rules)
		return EXIT_BAD_INPUT;
	if (call->options.json)
		print_json(explained_json(rules));
	else
		rules_explain(rules, stdout);
	rules_free(rules);
	return EXIT_DONE;
}

/* Tells about one file; the failure of a bad one is left in *failure. */
static void check_file(const struct call *call, const char *path, struct failure *failure)
{
	struct rules *rules =
		rules_load_file(path, call->settings, call->options.set.count, failure);
	unsigned count = rules ? rules_compiled(rules)->rule_count : 0;

	if (call->options.json)
		print_json(json_pack("{s:s, s:b, s:i, s:s}", "file", path, "good", rules != NULL,
			"rules", (int)count, "error", failure->line));
	else if (rules)
		printf("%s: good, %u rule%s\n", path, count, count == 1 ? "" : "s");
	rules_free(rules);
}

/* Every file is checked; each bad one has its line, the last one as the command's failure. */
static int run_check(struct call *call)
{
	for (size_t i = 0; i < call->names.count; i++) {
		struct failure failure = {0};

		check_file(call, call->names.items[i], &failure);
		if (!failure.exit_code)
			continue;
		if (call->failure->exit_code)
			fprintf(stderr, "sluice: %s\n", call->failure->line);
		*call->failure = failure;
	}
	return EXIT_DONE;
}

static int run_schema(struct call *call)
{
	json_t *schema = schema_new();

	(void)call;
	json_dumpf(schema, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(schema);
	return EXIT_DONE;
}

static int model_list(int argc, char **argv, struct failure *failure)
{
	return with_call(&command_model_list, argc, argv, failure, 0, 0, run_list);
}

static int model_show(int argc, char **argv, struct failure *failure)
{
	return with_call(&command_model_show, argc, argv, failure, 1, 1, run_show);
}

static int model_check(int argc, char **argv, struct failure *failure)
{
	return with_call(&command_model_check, argc, argv, failure, 1, SIZE_MAX, run_check);
}

static int model_explain(int argc, char **argv, struct failure *failure)
{
	return with_call(&command_model_explain, argc, argv, failure, 1, 1, run_explain);
}

static int model_schema(int argc, char **argv, struct failure *failure)
{
	return with_call(&command_model_schema, argc, argv, failure, 0, 0, run_schema);
}

const struct command command_model_list = {
	.name = "model list",
	.synopsis = "[--json]",
	.help = "the models of the library",
	.options = json_only,
	.run = model_list,
};

const struct command command_model_show = {
	.name = "model show",
	.synopsis = "[OPTION...] ID",
	.help = "print a model's document",
	.details = "ID is a model of the library, or a file when it has a \".\" or \"/\" in it.",
	.options = with_set,
	.run = model_show,
};

const struct command command_model_check = {
	.name = "model check",
	.synopsis = "[OPTION...] FILE...",
	.help = "check rule and model files",
	.details =
		"Each file that is not good has one line with the place, what is wrong and what\n"
		"is allowed; then the exit code is 2.\n",
	.options = with_set,
	.run = model_check,
};

const struct command command_model_explain = {
	.name = "model explain",
	.synopsis = "[OPTION...] ID",
	.help = "say in words which flows a model takes, what happens to them, and why",
	.details = "ID is a model of the library, or a file when it has a \".\" or \"/\" in it.",
	.options = with_set,
	.run = model_explain,
};

const struct command command_model_schema = {
	.name = "model schema",
	.synopsis = "[--json]",
	.help = "print the language of rules and models as a JSON Schema",
	.details = "Editors complete and check documents by it; `model check` says more.",
	.options = json_only,
	.run = model_schema,
};
