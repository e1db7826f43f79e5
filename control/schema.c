/* SPDX-License-Identifier: BSD-3-Clause */
#include "schema.h"

#include "box.h"
#include "compile.h"
#include "conditions.h"
#include "connection_limits.h"
#include "evasions.h"
#include "leaves.h"
#include "metadata.h"
#include "parameters.h"
#include "references.h"
#include "schedule.h"
#include "schema_values.h"
#include "state.h"
#include "virtual/expectation.h"

#include "dataplane/ruleset.h"
#include "dataplane/throttle/throttle.h"

#include <string.h>

/* What a key of some map is, by the name of a definition. A key that stands nowhere here may be
 * anything, which a test finds. */
struct key_row {
	const char *map, *key, *definition;
};

static const struct key_row key_rows[] = {
	{"document", "sluice", "version"},
	{"document", "id", "name"},
	{"document", "title", "text"},
	{"document", "years", "years"},
	{"document", "zone", "zone"},
	{"document", "sources", "sources"},
	{"document", "params", "params"},
	{"document", "lists", "lists"},
	{"document", "rules", "rules"},
	{"document", "evasions", "evasions"},
	{"document", "expect", "expectations"},
	{"source", "url", "url"},
	{"source", NULL, "text"},
	{"param", "default", "values"},
	{"param", "range", "range"},
	{"param", "choices", "values"},
	{"param", "certainty", "certainty"},
	{"param", NULL, "text"},
	{"list", "only", "values"},
	{"list", "versions", "versions"},
	{"list", "certainty", "certainty"},
	{"list", NULL, "text"},
	{"rule", "id", "name"},
	{"rule", "when", "condition"},
	{"rule", "inspect", "inspect"},
	{"rule", "state", "state"},
	{"rule", "then", "then"},
	{"rule", "on_change", "scalar"},
	{"rule", "enabled", "yesno"},
	{"evasion", "worked", "yesno"},
	{"evasion", "date", "day"},
	{"evasion", "certainty", "certainty"},
	{"evasion", NULL, "text"},
	{"expectation", "id", "label"},
	{"expectation", "set", "settings"},
	{"expectation", "certainty", "certainty"},
	{"expectation", NULL, "values"},
	{"inspect", "directions", "directions"},
	{"inspect", "reassembly", "reassembly"},
	{"inspect", "budget", "budget"},
	{"reassembly", "tcp", "reassembly-tcp"},
	{"reassembly", "tls_records", "reassembly-tls"},
	{"reassembly", "quic", "reassembly-quic"},
	{"reassembly", NULL, "scalar"},
	{"budget", "packets", "count"},
	{"budget", "give_up_on_unrecognised_over", "bytes"},
	{"state", "idle", "duration"},
	{"state", "timeouts", "timeouts"},
	{"state", "residual", "duration"},
	{"state", "cleared_by", "values"},
	{"state", "refresh", "yesno"},
	{"state", NULL, "scalar"},
	{"timeouts", NULL, "duration"},
	{"connections", "over", "count"},
	{"connections", "within", "duration"},
	{"connections", NULL, "values"},
	{"step", "between", "hours"},
	{"step", "from", "from"},
	{"step", "ramp", "scalar"},
	{"condition", "not", "condition"},
	{"condition", "any", "any"},
	{"condition", "between", "hours"},
	{"condition", "chance", "share"},
	{"condition", "client_port_over_server_port", "yesno"},
	{"condition", "fully_encrypted", "look"},
	{"condition", "quic", "look"},
	{"condition", "connections", "connections"},
	{"condition", NULL, "values"},
	{NULL, NULL, NULL},
};

static json_t *key_schema(const char *map, const char *key)
{
	for (const struct key_row *row = key_rows; row->map; row++) {
		if (!strcmp(row->map, map) && (!row->key || !strcmp(row->key, key)))
			return schema_ref(row->definition);
	}
	return json_object();
}

/* A map with just these keys. */
static json_t *map_of(const char *map, const char *const *words)
{
	json_t *properties = json_object();

	for (size_t i = 0; words[i]; i++)
		json_object_set_new(properties, words[i], key_schema(map, words[i]));
	return json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
		"additionalProperties", 0);
}

static json_t *requiring(json_t *map, const char *const *keys)
{
	json_t *list = json_array();

	for (size_t i = 0; keys[i]; i++)
		json_array_append_new(list, json_string(keys[i]));
	json_object_set_new(map, "required", list);
	return map;
}

static json_t *list_of(const char *definition)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", schema_ref(definition));
}

/* A map whose keys the document names. */
static json_t *named(const char *definition)
{
	return json_pack(
		"{s:s, s:o}", "type", "object", "additionalProperties", schema_ref(definition));
}

static json_t *either(json_t *one, json_t *other)
{
	return json_pack("{s:[o, o]}", "anyOf", one, other);
}

static json_t *param_schema(const struct throttle_param *param)
{
	static const char *const definitions[] = {
		[PARAM_RATE] = "rate",
		[PARAM_BYTES] = "bytes",
		[PARAM_PACKETS] = "packets",
		[PARAM_AMOUNT] = "amount",
		[PARAM_PROBABILITY] = "share",
		[PARAM_DURATION] = "duration",
		[PARAM_NUMBER] = "number",
		[PARAM_QUEUE] = "queue",
		[PARAM_CHOICE] = "scalar",
		[PARAM_DIRECTIONS] = "directions",
		[PARAM_PER] = "per",
		[PARAM_ONSET] = "onset",
	};
	json_t *value = param->type == PARAM_CHOICE ? schema_words(param->choices)
						    : schema_ref(definitions[param->type]);

	json_object_set_new(value, "description", json_string(param->help));
	return value;
}

static json_t *kind_schema(const struct throttle_kind *kind)
{
	json_t *properties = json_object(), *required = json_array();

	for (const struct throttle_param *param = kind->params; param->word; param++) {
		json_object_set_new(properties, param->word, param_schema(param));
		if (param->required)
			json_array_append_new(required, json_string(param->word));
	}
	json_object_set_new(properties, throttle_common->word, param_schema(throttle_common));
	return json_pack("{s:s, s:s, s:o, s:o, s:b}", "type", "object", "description", kind->help,
		"properties", properties, "required", required, "additionalProperties", 0);
}

/* The kinds' words as keys of a step, or alone. */
static json_t *step_schema(void)
{
	json_t *map = map_of("step", schedule_words);
	const char *words[THROTTLE_KINDS_MAX + 1];
	size_t count = 0;

	for (; throttle_kinds[count]; count++) {
		const struct throttle_kind *kind = throttle_kinds[count];

		words[count] = kind->word;
		json_object_set_new(
			json_object_get(map, "properties"), kind->word, kind_schema(kind));
	}
	words[count] = NULL;
	return either(map, schema_words(words));
}

static json_t *expectation_schema(void)
{
	static const char *const needed[] = {"id", "do", NULL};
	json_t *map = map_of("expectation", expectation_words);

	for (int i = 0; i < OBSERVABLES; i++) {
		json_t *value = schema_one_or_more(schema_ref("scalar"));

		json_object_set_new(value, "description", json_string(observables[i].help));
		json_object_set_new(json_object_get(map, "properties"), observables[i].word, value);
	}
	return requiring(map, needed);
}

static void define_steps(json_t *definitions)
{
	static const char *const directions[] = {"up", "down", "both", NULL};
	static const char *const pass[] = {"pass", NULL};
	const struct {
		const char *name;
		json_t *value;
	} rows[] = {
		{"rate", schema_quantity(QUANTITY_RATE)},
		{"bytes", schema_quantity(QUANTITY_BYTES)},
		{"packets", schema_quantity(QUANTITY_PACKETS)},
		{"duration", schema_quantity(QUANTITY_DURATION)},
		{"number", schema_quantity(QUANTITY_NUMBER)},
		{"amount", either(schema_ref("packets"), schema_ref("bytes"))},
		{"onset", schema_one_or_more(either(schema_ref("amount"), schema_ref("duration")))},
		{"queue", schema_one_or_more(either(schema_ref("bytes"), schema_ref("duration")))},
		{"directions", schema_words(directions)},
		{"per", schema_ref("values")},
		{"from", named("settings")},
		{"step", step_schema()},
		{"then", either(schema_words(pass), json_pack("{s:s, s:o}", "type", "array",
							    "items", schema_ref("step")))},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(definitions, rows[i].name, rows[i].value);
}

static void define_rules(json_t *definitions)
{
	static const char *const id[] = {"id", NULL};
	const struct {
		const char *name;
		json_t *value;
	} rows[] = {
		{"condition", map_of("condition", condition_words)},
		{"any", list_of("condition")},
		{"look", json_pack("{s:[s, s, s]}", "type", "string", "boolean", "object")},
		{"inspect", map_of("inspect", inspect_words)},
		{"connections", map_of("connections", connection_limit_words)},
		{"reassembly", map_of("reassembly", reassembly_keys)},
		{"reassembly-tcp", schema_words(reassembly_words)},
		{"reassembly-tls", schema_words(tls_records_words)},
		{"reassembly-quic", schema_words(quic_words)},
		{"budget", map_of("budget", budget_keys)},
		{"timeouts", map_of("timeouts", phase_words)},
		{"state", map_of("state", state_words)},
		{"rule", requiring(map_of("rule", rule_words), id)},
		{"rules", list_of("rule")},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(definitions, rows[i].name, rows[i].value);
}

static void define_document(json_t *definitions)
{
	static const char *const title[] = {"title", NULL};
	static const char *const standard[] = {"default", NULL};
	static const char *const evasion[] = {"how", "worked", NULL};
	const struct {
		const char *name;
		json_t *value;
	} rows[] = {
		{"version", json_pack("{s:[i, s]}", "enum", 1, "1")},
		{"years", list_of("day")},
		{"source", requiring(map_of("source", metadata_source_words), title)},
		{"sources", named("source")},
		{"range", json_pack("{s:s}", "type", "array")},
		{"param", requiring(map_of("param", parameters_words), standard)},
		{"params", named("param")},
		{"versions", named("values")},
		{"list", either(schema_ref("values"), map_of("list", references_list_words))},
		{"lists", named("list")},
		{"settings", named("values")},
		{"evasion", requiring(map_of("evasion", evasions_words), evasion)},
		{"evasions", list_of("evasion")},
		{"expectation", expectation_schema()},
		{"expectations", list_of("expectation")},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(definitions, rows[i].name, rows[i].value);
}

json_t *schema_new(void)
{
	static const char *const needed[] = {"sluice", "rules", NULL};
	json_t *schema = requiring(map_of("document", metadata_words), needed);
	json_t *definitions = json_object();

	schema_define_values(definitions);
	define_steps(definitions);
	define_rules(definitions);
	define_document(definitions);
	json_object_set_new(schema, "$defs", definitions);
	json_object_set_new(schema, "title", json_string("Sluice rules and models"));
	json_object_set_new(
		schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	return schema;
}
