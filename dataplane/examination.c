/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/examination.h"

#include "dataplane/prng.h"
#include "dataplane/verdict.h"

#include <string.h>

enum { CHANCE_DRAWS = 1 }; /* apart from those of the steps */

void examiner_adopt(struct examiner *examiner, const struct ruleset *ruleset)
{
	examiner->ruleset = ruleset;
	for (uint32_t i = 0; i < ruleset->inspect_count; i++) {
		examiner->way_of[i] = way_number(&ruleset->inspects[i]);
		examiner->quic_way_of[i] = quic_way_number(&ruleset->inspects[i]);
	}
	sightings_fit(&examiner->sightings, ruleset->list_words);
}

bool examiner_begin(struct examiner *examiner, const struct ruleset *ruleset,
	struct flow_table *table, struct counters *counters, const struct examiner_limits *limits,
	bool guess_ports)
{
	examiner->table = table;
	examiner->counters = counters;
	examiner->guess_ports = guess_ports;
	sightings_begin(&examiner->sightings, limits->examinations);
	examiner_adopt(examiner, ruleset);
	examiner->dpi = dpi_new(limits->contexts);
	return examiner->dpi && inspector_begin(&examiner->inspector, limits->streams) &&
	       pool_begin(
		       &examiner->examinations, sizeof(struct examination), limits->examinations);
}

void examiner_end(struct examiner *examiner)
{
	dpi_free(examiner->dpi);
	inspector_end(&examiner->inspector);
	sightings_end(&examiner->sightings);
	pool_end(&examiner->examinations);
}

struct examination *examination_of(struct examiner *examiner, struct flow *flow)
{
	uint32_t number = flow_record(examiner->table, flow)->examination;

	return number ? pool_at(&examiner->examinations, number) : NULL;
}

/* With the draws of the flow, which no worker, order or table changes. */
static struct evidence drawn_evidence(
	const struct examiner *examiner, const struct flow_record *record)
{
	struct evidence evidence = decision_evidence(record);

	evidence.chance_key = prng_mix(prng_mix(examiner->seed, record->hash), CHANCE_DRAWS);
	evidence.drawn = true;
	return evidence;
}

static struct evidence evidence_of(const struct examiner *examiner,
	const struct flow_record *record, const struct examination *examination)
{
	struct evidence evidence = drawn_evidence(examiner, record);

	for (uint32_t i = 0; i < examiner->ruleset->inspect_count; i++)
		evidence.inspecting |= examination_looks(examiner, examination, i) << i;
	evidence.class_known = examination->class.over;
	evidence.spoken = examination->spoken;
	evidence.lists_seen = examination_lists(examiner, examination);
	return evidence;
}

/* A flow is counted when its rule is looked for, not again when rules change. */
static void let_count(const struct examiner *examiner, const struct flow *flow,
	const struct flow_record *record, struct evidence *evidence)
{
	evidence->connections = &examiner->connections;
	evidence->record = record;
	evidence->now_ns = flow->last_ns ? flow->last_ns : record->first_ns;
}

uint16_t examination_rule(
	struct examiner *examiner, struct flow *flow, struct examination *examination)
{
	const struct flow_record *record = flow_record(examiner->table, flow);
	struct evidence evidence = evidence_of(examiner, record, examination);

	let_count(examiner, flow, record, &evidence);
	return decision_rule(
		examiner->ruleset, &evidence, &examination->first_open, &examination->waiting);
}

/* By what the record knows, and names that are on the lists in `seen`. */
static uint16_t rule_by_record(
	const struct examiner *examiner, const struct flow *flow, const uint64_t *seen, bool counts)
{
	const struct flow_record *record = flow_record(examiner->table, flow);
	struct evidence evidence = drawn_evidence(examiner, record);
	uint32_t first_open = 0;
	uint16_t waiting;

	evidence.lists_seen = seen;
	if (counts)
		let_count(examiner, flow, record, &evidence);
	return decision_rule(examiner->ruleset, &evidence, &first_open, &waiting);
}

static uint8_t all_inspects(const struct ruleset *ruleset)
{
	uint8_t bits = 0;

	for (uint32_t i = 0; i < ruleset->inspect_count; i++)
		bits |= 1u << ruleset->inspects[i].number;
	return bits;
}

/* 0 when there is no room. */
static uint32_t take_examination(struct examiner *examiner)
{
	uint32_t lists = sightings_take(&examiner->sightings);
	uint32_t number = lists ? pool_take(&examiner->examinations) : 0;
	struct examination *examination;

	if (!number) {
		sightings_give(&examiner->sightings, lists);
		return 0;
	}
	examination = pool_at(&examiner->examinations, number);
	examination->inspecting = all_inspects(examiner->ruleset);
	examination->waiting = RULE_NONE;
	examination->lists_seen = lists;
	return number;
}

void examine_begin(struct examiner *examiner, struct flow *flow)
{
	struct flow_record *record = flow_record(examiner->table, flow);

	flow->rule = RULE_UNDECIDED;
	record->examination = take_examination(examiner);
	if (record->examination) {
		flow->flags |= FLOW_EXAMINED;
		return;
	}
	examiner->counters->events[EVENT_FLOWS_UNEXAMINED]++;
	decision_take(examiner->ruleset, flow, record, rule_by_record(examiner, flow, NULL, true),
		DECISION_NO_ROOM);
}

/* Boxes that were not there when the name was read know it all the same. */
static uint8_t know_name(struct examiner *examiner, const struct flow *flow)
{
	struct flow_record *record = flow_record(examiner->table, flow);
	const struct ruleset *ruleset = examiner->ruleset;
	uint8_t born = 0;

	for (uint32_t i = 0; i < ruleset->inspect_count; i++) {
		if (ruleset->inspects[i].born_at > flow->generation)
			born |= 1u << ruleset->inspects[i].number;
	}
	record->read_by = (record->read_by & ~born) | (record->name ? born : 0);
	record->hello_read_by = (record->hello_read_by & ~born) | (record->hello ? born : 0);
	return born;
}

void examine_renew(struct examiner *examiner, struct flow *flow)
{
	struct flow_record *record = flow_record(examiner->table, flow);
	struct examination *examination = examination_of(examiner, flow);
	uint8_t born = know_name(examiner, flow);

	if (!examination)
		return;
	for (uint32_t number = 0; number < INSPECTS_MAX; number++) {
		if (born >> number & 1)
			examination->inspected[number] = 0;
	}
	examination->inspecting =
		(examination->inspecting & all_inspects(examiner->ruleset)) | born;
	examination->waiting = RULE_NONE;
	examination->first_open = 0;
	sightings_give(&examiner->sightings, examination->lists_seen);
	examination->lists_seen = sightings_take(&examiner->sightings);
	if (examination->lists_seen) {
		decision_sight_known(examiner->ruleset, record, flow_name(examiner->table, record),
			flow_hello(examiner->table, record),
			examination_lists(examiner, examination));
		return;
	}
	examiner->counters->events[EVENT_FLOWS_UNEXAMINED]++;
	examine_end(examiner, flow);
}

void examine_again(struct examiner *examiner, struct flow *flow)
{
	const struct ruleset *ruleset = examiner->ruleset;
	struct flow_record *record = flow_record(examiner->table, flow);
	struct examination *examination = examination_of(examiner, flow);
	uint64_t seen[ruleset->list_words];
	uint16_t rule;

	if (examination) {
		rule = examination_rule(examiner, flow, examination);
	} else {
		memset(seen, 0, sizeof(seen));
		decision_sight_known(ruleset, record, flow_name(examiner->table, record),
			flow_hello(examiner->table, record), seen);
		rule = rule_by_record(examiner, flow, seen, false);
	}
	if (rule == RULE_UNDECIDED)
		flow->rule = RULE_UNDECIDED;
	else
		decision_take(ruleset, flow, record, rule, DECISION_REPLACED);
}
