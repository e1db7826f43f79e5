/* SPDX-License-Identifier: BSD-3-Clause */
#include "schedule.h"

#include "hours.h"
#include "steps.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 wide;

enum { DATES_MAX = 64, RAMP_PARTS = 48 };

const char *const schedule_words[] = {"between", "from", "ramp", NULL};

/* The dates of one step, in order. */
struct dates {
	const struct references *references;
	const struct yaml_node *from;
	struct throttle at[DATES_MAX]; /* .params as written */
	uint64_t from_ns[DATES_MAX];
	uint32_t count;
	bool linear;
};

static bool read_date(struct dates *dates, const struct yaml_node *node)
{
	uint32_t i = dates->count;

	if (!hours_date(dates->references, node->key, node->key->text, &dates->from_ns[i]))
		return false;
	if (i && dates->from_ns[i] <= dates->from_ns[i - 1])
		return yaml_failure(node->key, dates->references->failure,
			"the dates are not in order: %.40s is not after the one before",
			node->key->text);
	if (i)
		dates->at[i] = dates->at[i - 1];
	dates->count++;
	return steps_change(dates->references, node, &dates->at[i]);
}

static bool read_dates(struct dates *dates, const uint8_t *written, const struct throttle *throttle)
{
	struct failure *failure = dates->references->failure;

	if (!yaml_want_map(dates->from, "from", failure))
		return false;
	if (!dates->from->count)
		return yaml_failure(
			dates->from, failure, "from is empty: dates with parameters are wanted");
	if (dates->from->count > DATES_MAX)
		return yaml_failure(dates->from, failure, "too many dates: at most %d", DATES_MAX);
	dates->at[0] = *throttle;
	memcpy(dates->at[0].params, written, THROTTLE_PARAMS_BYTES);
	for (const struct yaml_node *node = dates->from->first; node; node = node->next) {
		if (!read_date(dates, node))
			return false;
	}
	return true;
}

static bool is_number(uint8_t type)
{
	return type == PARAM_RATE || type == PARAM_BYTES || type == PARAM_DURATION ||
	       type == PARAM_NUMBER || type == PARAM_PROBABILITY;
}

/* What lies between two dates after `part` of RAMP_PARTS. */
static void interpolate(
	const struct throttle *first, const struct throttle *second, unsigned part, uint8_t *params)
{
	memcpy(params, first->params, THROTTLE_PARAMS_BYTES);
	for (const struct throttle_param *param = first->kind->params; param->word; param++) {
		uint64_t a, b, value;

		if (!is_number(param->type))
			continue;
		memcpy(&a, first->params + param->offset, sizeof(a));
		memcpy(&b, second->params + param->offset, sizeof(b));
		value = (uint64_t)(((wide)a * (RAMP_PARTS - part) + (wide)b * part) / RAMP_PARTS);
		memcpy(params + param->offset, &value, sizeof(value));
	}
}

/* Prepares what holds from a time on. */
static bool add_change(const struct dates *dates, struct timetable *timetable, uint64_t from_ns,
	const uint8_t *params)
{
	struct timetable_change *change = &timetable->changes[timetable->count++];
	const struct throttle_kind *kind = dates->at[0].kind;
	const char *word = NULL, *wrong;

	change->from_ns = from_ns;
	memcpy(change->params, params, THROTTLE_PARAMS_BYTES);
	wrong = kind->prepare ? kind->prepare(change->params, &word) : NULL;
	return !wrong || yaml_failure(dates->from->key, dates->references->failure,
				 "%s of %s at one of these dates %s", word ? word : "a parameter",
				 kind->word, wrong);
}

static bool add_changes(const struct dates *dates, struct timetable *timetable)
{
	for (uint32_t i = 0; i < dates->count; i++) {
		const struct throttle *next = &dates->at[i + 1];
		unsigned parts = dates->linear && i + 1 < dates->count ? RAMP_PARTS : 1;

		for (unsigned part = 0; part < parts; part++) {
			uint64_t from_ns = dates->from_ns[i];
			uint8_t params[THROTTLE_PARAMS_BYTES];

			memcpy(params, dates->at[i].params, sizeof(params));
			if (part) {
				from_ns += (dates->from_ns[i + 1] - from_ns) / RAMP_PARTS * part;
				interpolate(&dates->at[i], next, part, params);
			}
			if (!add_change(dates, timetable, from_ns, params))
				return false;
		}
	}
	return true;
}

static bool read_from(const struct references *references, const struct yaml_node *step,
	const uint8_t *written, struct throttle *throttle)
{
	static const char *const ramp_words[] = {"steps", "linear", NULL};
	const struct yaml_node *ramp = yaml_get(step, "ramp");
	struct dates dates = {.references = references, .from = yaml_get(step, "from")};
	uint8_t linear = 0;

	if (ramp && !references_word(references, ramp, "ramp", ramp_words, &linear))
		return false;
	if (ramp && !dates.from)
		return yaml_failure(ramp->key, references->failure,
			"ramp without from: dates to go over between are wanted");
	if (!dates.from)
		return true;
	dates.linear = linear;
	if (!read_dates(&dates, written, throttle))
		return false;
	throttle->timetable->changes =
		calloc(dates.count * RAMP_PARTS, sizeof(*throttle->timetable->changes));
	if (!throttle->timetable->changes)
		abort();
	return add_changes(&dates, throttle->timetable);
}

bool schedule_read(const struct references *references, const struct yaml_node *step,
	const uint8_t *written, struct throttle *throttle)
{
	const struct yaml_node *between = yaml_get(step, "between");

	throttle->timetable = NULL;
	if (step->count == 1)
		return true;
	if (throttle->kind->due)
		return yaml_failure(step, references->failure,
			"%s counts from a flow's begin: it has neither hours nor dates",
			throttle->kind->word);
	throttle->timetable = calloc(1, sizeof(*throttle->timetable));
	if (!throttle->timetable)
		abort();
	if ((!between || hours_read(references, between, &throttle->timetable->opening)) &&
		read_from(references, step, written, throttle))
		return true;
	timetable_free(throttle->timetable);
	throttle->timetable = NULL;
	return false;
}
