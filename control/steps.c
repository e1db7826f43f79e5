/* SPDX-License-Identifier: BSD-3-Clause */
#include "steps.h"

#include "box.h"
#include "schedule.h"
#include "units.h"

#include <string.h>

typedef bool read_param(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field);

static bool refuse(
	const struct references *references, const struct yaml_node *value, const char *why)
{
	return yaml_failure(value, references->failure, "%s", why);
}

static bool read_quantity(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field)
{
	static const enum quantity quantities[] = {
		[PARAM_RATE] = QUANTITY_RATE,
		[PARAM_BYTES] = QUANTITY_BYTES,
		[PARAM_PACKETS] = QUANTITY_PACKETS,
		[PARAM_DURATION] = QUANTITY_DURATION,
		[PARAM_NUMBER] = QUANTITY_NUMBER,
	};
	const struct yaml_node *value = references_scalar(references, node, param->word);
	char why[UNITS_WHY];

	if (!value)
		return false;
	return units_parse(value->text, quantities[param->type], field, why) ||
	       refuse(references, value, why);
}

static bool read_amount(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field)
{
	const struct yaml_node *value = references_scalar(references, node, param->word);
	struct throttle_amount *amount = field;
	char why[UNITS_WHY];

	if (!value)
		return false;
	amount->packets = units_parse(value->text, QUANTITY_PACKETS, &amount->value, why);
	if (amount->packets || units_parse(value->text, QUANTITY_BYTES, &amount->value, why))
		return true;
	return yaml_failure(value, references->failure,
		"\"%.40s\" is neither packets nor bytes: written like 25 packets or 16384B",
		value->text);
}

static bool read_probability(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field)
{
	const struct yaml_node *value = references_scalar(references, node, param->word);
	char why[UNITS_WHY];

	if (!value)
		return false;
	return units_probability(value->text, field, why) || refuse(references, value, why);
}

static bool read_choice(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field)
{
	return references_word(references, node, param->word, param->choices, field);
}

static bool read_directions(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field)
{
	return box_directions(references, node, param->word, field);
}

static bool read_per(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field)
{
	static const char *const words[] = {"flow", "inside-host", "rule", "direction", NULL};
	struct throttle_per *per = field;
	const char *scope = NULL;
	struct items items;
	uint8_t index;

	if (!references_items(references, node, param->word, &items))
		return false;
	if (!items.count)
		return yaml_failure(node, references->failure,
			"%s is empty: flow, inside-host or rule, and direction", param->word);
	per->by_direction = false;
	for (uint32_t i = 0; i < items.count; i++) {
		if (!references_word(references, items.nodes[i], param->word, words, &index))
			return false;
		if (index == SCOPE_RULE + 1) {
			per->by_direction = true;
			continue;
		}
		if (scope)
			return yaml_failure(items.nodes[i], references->failure,
				"%s %s stands beside %s: one of flow, inside-host and rule",
				param->word, words[index], scope);
		scope = words[index];
		per->scope = index; /* enum throttle_scope */
	}
	return true;
}

/* One bound of a queue; what it bounds is told by its unit. */
static bool read_bound(const struct references *references, const struct yaml_node *value,
	const char *what, struct throttle_queue *queue)
{
	char why[UNITS_WHY];
	uint64_t number, *bound;

	if (units_parse(value->text, QUANTITY_BYTES, &number, why))
		bound = &queue->bytes;
	else if (units_parse(value->text, QUANTITY_DURATION, &number, why))
		bound = &queue->time_ns;
	else
		return yaml_failure(value, references->failure,
			"\"%.40s\" is neither bytes nor a duration: %s is written like 100kB, "
			"200ms or [100kB, 200ms]",
			value->text, what);
	if (!number)
		return yaml_failure(value, references->failure, "%s of %.40s: nothing could wait",
			what, value->text);
	if (*bound)
		return yaml_failure(value, references->failure,
			"%s has two bounds of one kind: bytes, a duration, or one of each", what);
	*bound = number;
	return true;
}

static bool read_queue(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field)
{
	struct items items;

	if (!references_items(references, node, param->word, &items))
		return false;
	if (!items.count)
		return yaml_failure(node, references->failure,
			"%s is empty: bytes, a duration, or one of each", param->word);
	for (uint32_t i = 0; i < items.count; i++) {
		if (!read_bound(references, items.nodes[i], param->word, field))
			return false;
	}
	return true;
}

/* One bound of `begins`; both are of one kind. */
static bool read_onset_bound(const struct references *references, const struct yaml_node *value,
	const char *what, uint8_t *unit, uint64_t *bound)
{
	static const enum quantity quantities[] = {[ONSET_PACKETS] = QUANTITY_PACKETS,
		[ONSET_BYTES] = QUANTITY_BYTES,
		[ONSET_TIME] = QUANTITY_DURATION};
	char why[UNITS_WHY];

	for (uint8_t i = ONSET_PACKETS; i <= ONSET_TIME; i++) {
		if (!units_parse(value->text, quantities[i], bound, why))
			continue;
		if (*unit && *unit != i)
			return yaml_failure(value, references->failure,
				"the two bounds of %s are of one kind: packets, bytes or durations",
				what);
		*unit = i;
		return true;
	}
	return yaml_failure(value, references->failure,
		"\"%.40s\" is neither packets nor bytes nor a duration: %s is written like "
		"5 packets, 10MB, 80ms or [80ms, 190ms]",
		value->text, what);
}

static bool read_onset(const struct references *references, const struct yaml_node *node,
	const struct throttle_param *param, void *field)
{
	struct onset *onset = field;
	struct items items;

	if (!references_items(references, node, param->word, &items))
		return false;
	if (!items.count || items.count > 2)
		return yaml_failure(node, references->failure,
			"%s is one value or two bounds: packets, bytes or durations", param->word);
	for (uint32_t i = 0; i < items.count; i++) {
		if (!read_onset_bound(references, items.nodes[i], param->word, &onset->unit,
			    i ? &onset->most : &onset->least))
			return false;
	}
	if (items.count == 1)
		onset->most = onset->least;
	if (onset->most < onset->least)
		return yaml_failure(node, references->failure,
			"the bounds of %s are reversed: lowest first", param->word);
	return true;
}

static read_param *const readers[] = {
	[PARAM_RATE] = read_quantity,
	[PARAM_BYTES] = read_quantity,
	[PARAM_PACKETS] = read_quantity,
	[PARAM_AMOUNT] = read_amount,
	[PARAM_PROBABILITY] = read_probability,
	[PARAM_DURATION] = read_quantity,
	[PARAM_NUMBER] = read_quantity,
	[PARAM_QUEUE] = read_queue,
	[PARAM_CHOICE] = read_choice,
	[PARAM_DIRECTIONS] = read_directions,
	[PARAM_PER] = read_per,
	[PARAM_ONSET] = read_onset,
};

enum { WORDS_MAX = 32 };

/* With the words of every kind, or without. */
static void param_words(const struct throttle_kind *kind, bool common, const char **words)
{
	size_t count = 0;

	for (const struct throttle_param *param = kind->params;
		param->word && count < WORDS_MAX - 2; param++)
		words[count++] = param->word;
	if (common)
		words[count++] = throttle_common->word;
	words[count] = NULL;
}

static bool read_row(const struct references *references, const struct yaml_node *at,
	const struct yaml_node *map, const struct throttle_param *row, bool wanted, uint8_t *into)
{
	const struct yaml_node *node = map ? yaml_get(map, row->word) : NULL;

	if (!node && wanted)
		return yaml_failure(
			at, references->failure, "%s needs %s: %s", at->text, row->word, row->help);
	return !node || readers[row->type](references, node, row, into + row->offset);
}

/* `all`: as the step is first written, else some of its own parameters only. */
static bool read_params(const struct references *references, const struct yaml_node *at,
	const struct yaml_node *map, bool all, struct throttle *throttle)
{
	const struct throttle_kind *kind = throttle->kind;
	const char *words[WORDS_MAX];

	param_words(kind, all, words);
	if (map && !yaml_want_keys(map, kind->word, words, references->failure))
		return false;
	for (const struct throttle_param *param = kind->params; param->word; param++) {
		if (!read_row(references, at, map, param, all && param->required, throttle->params))
			return false;
	}
	return !all || read_row(references, at, map, throttle_common, false, (uint8_t *)throttle);
}

/* What the kind itself says about its parameters together. */
static bool prepare(const struct references *references, const struct yaml_node *at,
	const struct yaml_node *map, struct throttle *throttle)
{
	const struct throttle_kind *kind = throttle->kind;
	const struct yaml_node *node = NULL;
	const char *word = NULL, *wrong;

	wrong = kind->prepare ? kind->prepare(throttle->params, &word) : NULL;
	if (!wrong)
		return true;
	if (map && word)
		node = yaml_get(map, word);
	if (node && node->kind == YAML_SCALAR && *node->text == '$')
		node = references_scalar(references, node, word);
	return yaml_failure(node ? node : at, references->failure, "%s of %s %s",
		word ? word : "a parameter", kind->word, wrong);
}

static bool find_kind(const struct references *references, const struct yaml_node *at,
	const char *word, struct throttle *throttle)
{
	const char *words[THROTTLE_KINDS_MAX + 2];
	uint8_t i = 0;

	for (; throttle_kinds[i]; i++) {
		if (!strcmp(throttle_kinds[i]->word, word)) {
			throttle->kind = throttle_kinds[i];
			return true;
		}
		words[i] = throttle_kinds[i]->word;
	}
	words[i] = "pass";
	words[i + 1] = NULL;
	return yaml_unknown(at, "word", word, "then", words, references->failure);
}

bool steps_change(
	const struct references *references, const struct yaml_node *map, struct throttle *throttle)
{
	return read_params(references, map->key, map, false, throttle);
}

/* The one key of a step that is not beside its word. */
static const struct yaml_node *kind_node(const struct yaml_node *step)
{
	const struct yaml_node *found = NULL;
	uint32_t count = 0;

	for (const struct yaml_node *node = step->first; node; node = node->next) {
		bool beside = false;

		for (int i = 0; schedule_words[i]; i++)
			beside |= !strcmp(node->key->text, schedule_words[i]);
		if (!beside)
			found = node;
		count += !beside;
	}
	return count == 1 ? found : NULL;
}

static bool fill(const struct references *references, const struct yaml_node *step,
	const struct yaml_node *at, const struct yaml_node *map, struct throttle *throttle)
{
	uint8_t written[THROTTLE_PARAMS_BYTES];

	if (throttle->kind->defaults)
		throttle->kind->defaults(throttle->params);
	if (!read_params(references, at, map, true, throttle))
		return false;
	memcpy(written, throttle->params, sizeof(written));
	if (!prepare(references, at, map, throttle))
		return false;
	if (throttle->kind->per_offset >= 0)
		memcpy(&throttle->per, throttle->params + throttle->kind->per_offset,
			sizeof(throttle->per));
	return step->kind != YAML_MAP || schedule_read(references, step, written, throttle);
}

/* "- police: {..}", or "- drop" when everything has a default. */
static bool read_step(const struct references *references, const struct yaml_node *step,
	struct throttle *throttle)
{
	const struct yaml_node *at = step, *map = NULL;

	*throttle = (struct throttle){0};
	if (step->kind == YAML_MAP) {
		map = kind_node(step);
		if (!map)
			return yaml_failure(step, references->failure,
				"a step of then is one word with its parameters, like "
				"police: {rate: .., burst: ..}, and between, from and ramp "
				"beside it");
		at = map->key;
	} else if (!yaml_want_scalar(step, "a step of then", references->failure)) {
		return false;
	}
	if (!strcmp(at->text, "pass"))
		return yaml_failure(at, references->failure,
			"pass stands alone: it has no parameters and no other step beside it");
	return find_kind(references, at, at->text, throttle) &&
	       fill(references, step, at, map, throttle);
}

static bool is_pass(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !strcmp(node->text, "pass");
}

void steps_free(struct throttle *throttles, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		timetable_free(throttles[i].timetable);
}

bool steps_read(const struct references *references, const struct yaml_node *then,
	struct throttle *throttles, uint32_t *count)
{
	*count = 0;
	if (!then || is_pass(then))
		return true;
	if (!yaml_want_list(then, "then (or the word pass)", references->failure))
		return false;
	if (!then->count)
		return yaml_failure(then, references->failure,
			"then is empty: write pass, or leave it out, to exempt");
	if (then->count == 1 && is_pass(then->first))
		return true;
	if (then->count > STEPS_MAX)
		return yaml_failure(
			then, references->failure, "too many steps: at most %d", STEPS_MAX);
	for (const struct yaml_node *step = then->first; step; step = step->next) {
		if (!read_step(references, step, &throttles[*count])) {
			steps_free(throttles, *count);
			return false;
		}
		(*count)++;
	}
	return true;
}
