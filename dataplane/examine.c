/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/examine.h"

#include "dataplane/condition.h"
#include "dataplane/enforce.h"
#include "dataplane/verdict.h"

#include <string.h>

struct examination {
	struct classification class;
	struct inspection ways[WAYS_MAX];
	uint32_t inspected[INSPECTS_MAX]; /* packets with payload that an inspect has looked at */
	uint8_t inspecting;               /* bit i: inspect i still looks */
	uint8_t ending;                   /* enum decision: how the last inspection ended */
	uint32_t first_open;              /* rules before it are false */
	uint16_t waiting;      /* a rule that counts and is true, behind one that is still open */
	uint64_t lists_seen[]; /* ruleset.list_words */
};

static uint8_t way_number(struct examiner *examiner, const struct inspect *inspect)
{
	struct inspection_way way = {inspect->reassembly, inspect->tls_records};
	uint8_t number = 0;

	while (number < examiner->way_count && memcmp(&examiner->ways[number], &way, sizeof(way)))
		number++;
	examiner->ways[number] = way;
	if (number == examiner->way_count)
		examiner->way_count++;
	return number;
}

bool examiner_begin(struct examiner *examiner, const struct ruleset *ruleset,
	struct flow_table *table, struct counters *counters, const struct examiner_limits *limits,
	bool guess_ports)
{
	size_t size = sizeof(struct examination) + ruleset->list_words * sizeof(uint64_t);

	examiner->ruleset = ruleset;
	examiner->table = table;
	examiner->counters = counters;
	examiner->guess_ports = guess_ports;
	examiner->ways[0] = classify_way;
	examiner->way_count = 1;
	for (uint32_t i = 0; i < ruleset->inspect_count; i++)
		examiner->way_of[i] = way_number(examiner, &ruleset->inspects[i]);
	examiner->dpi = dpi_new(limits->contexts);
	return examiner->dpi && inspector_begin(&examiner->inspector, limits->streams) &&
	       pool_begin(&examiner->examinations, size, limits->examinations);
}

void examiner_end(struct examiner *examiner)
{
	dpi_free(examiner->dpi);
	inspector_end(&examiner->inspector);
	pool_end(&examiner->examinations);
}

static struct examination *examination_of(struct examiner *examiner, struct flow *flow)
{
	uint32_t number = flow_record(examiner->table, flow)->examination;

	return number ? pool_at(&examiner->examinations, number) : NULL;
}

static struct evidence evidence_of(
	const struct flow_record *record, const struct examination *examination)
{
	struct evidence evidence = {
		.client = record->client,
		.server = record->server,
		.client_port = record->client_port,
		.server_port = record->server_port,
		.ip_version = record->ip_version,
		.proto = record->proto,
		.initiator = record->initiator,
		.class_known = true,
		.master = record->master,
		.app = record->app,
	};

	if (!examination)
		return evidence;
	evidence.inspecting = examination->inspecting;
	evidence.class_known = examination->class.over;
	evidence.lists_seen = examination->lists_seen;
	return evidence;
}

static bool is_due(
	const struct ruleset *ruleset, const struct rule *rule, const struct throttle_input *packet)
{
	const struct throttle *step = ruleset->throttles + rule->throttle_first;

	for (uint32_t i = 0; rule->counts && i < rule->throttle_count; i++) {
		if (step[i].kind->due && step[i].kind->due(step[i].params, packet))
			return true;
	}
	return false;
}

/*
 * The first rule that is true while all before it are false; RULE_UNDECIDED while one before it is
 * open. *waiting is then the true one, when it counts.
 */
static uint16_t matching_rule(const struct ruleset *ruleset, const struct evidence *evidence,
	uint32_t *first_open, uint16_t *waiting)
{
	bool open = false;

	*waiting = RULE_NONE;
	for (uint32_t i = *first_open; i < ruleset->rule_count; i++) {
		const struct rule *rule = &ruleset->rules[i];
		enum truth truth = condition_evaluate(ruleset, rule->condition, evidence);

		if (truth == TRUTH_FALSE && !open)
			*first_open = i + 1;
		if (truth == TRUTH_UNKNOWN)
			open = true;
		if (truth != TRUTH_TRUE)
			continue;
		if (!open)
			return i;
		if (rule->counts)
			*waiting = i;
		return RULE_UNDECIDED;
	}
	return open ? RULE_UNDECIDED : RULE_NONE;
}

static void decide(struct examiner *examiner, struct flow *flow, uint16_t rule, uint8_t reason)
{
	struct flow_record *record = flow_record(examiner->table, flow);

	flow->rule = rule;
	record->decided_at = flow_packets(flow, record);
	record->reason = reason;
}

void examine_begin(struct examiner *examiner, struct flow *flow)
{
	struct flow_record *record = flow_record(examiner->table, flow);
	struct examination *examination;
	struct evidence evidence;
	uint32_t first_open = 0;
	uint16_t waiting;

	flow->rule = RULE_UNDECIDED;
	record->examination = pool_take(&examiner->examinations);
	if (record->examination) {
		examination = examination_of(examiner, flow);
		examination->inspecting = (1u << examiner->ruleset->inspect_count) - 1;
		examination->waiting = RULE_NONE;
		flow->flags |= FLOW_EXAMINED;
		return;
	}
	examiner->counters->events[EVENT_FLOWS_UNEXAMINED]++;
	evidence = evidence_of(record, NULL);
	decide(examiner, flow, matching_rule(examiner->ruleset, &evidence, &first_open, &waiting),
		DECISION_NO_ROOM);
}

/* Keeps on which lists a name is; true when that is news. */
static bool note_name(struct examiner *examiner, struct examination *examination,
	uint64_t *const mask[], struct span name, uint8_t source, uint8_t *reason)
{
	static const uint8_t reasons[NAME_SOURCES] = {
		[NAME_TLS] = DECISION_TLS_SNI,
		[NAME_QUIC] = DECISION_QUIC_SNI,
		[NAME_HTTP] = DECISION_HTTP_HOST,
	};
	const struct ruleset *ruleset = examiner->ruleset;
	uint64_t on[ruleset->list_words], any = 0;

	memset(on, 0, sizeof(on));
	if (!mask[source] || !names_match(ruleset->names, name.data, name.len, on))
		return false;
	for (uint32_t word = 0; word < ruleset->list_words; word++) {
		uint64_t news = on[word] & mask[source][word] & ~examination->lists_seen[word];

		examination->lists_seen[word] |= news;
		any |= news;
	}
	if (any)
		*reason = reasons[source];
	return any;
}

static void end_inspect(struct examination *examination, uint32_t inspect, uint8_t how)
{
	examination->inspecting &= ~(1u << inspect);
	examination->ending = how;
}

/* One packet with payload as inspect i of the ruleset sees it. */
static void inspect_tcp(struct examiner *examiner, struct flow *flow,
	struct examination *examination, uint32_t i, const struct inspection_result *read,
	uint32_t payload_bytes, uint8_t *reason)
{
	const struct inspect *inspect = &examiner->ruleset->inspects[i];
	uint32_t packet = ++examination->inspected[i];

	/* The record shows the name that counted, also when it was not the flow's first. */
	if (read->name.len && note_name(examiner, examination, examiner->ruleset->list_masks[i],
				      read->name, read->source, reason))
		flow_set_name(examiner->table, flow_record(examiner->table, flow), read->name);
	if (packet == 1 && !read->recognised && payload_bytes > inspect->give_up_over)
		end_inspect(examination, i, DECISION_GAVE_UP);
	else if (packet >= inspect->budget_packets)
		end_inspect(examination, i, DECISION_BUDGET);
}

static bool way_is_wanted(
	const struct examiner *examiner, const struct examination *examination, uint32_t way)
{
	if (way == 0 && !examination->class.quiet)
		return true;
	for (uint32_t i = 0; i < examiner->ruleset->inspect_count; i++) {
		if (examiner->way_of[i] == way && examination->inspecting >> i & 1)
			return true;
	}
	return false;
}

static void keep_class(struct examiner *examiner, struct flow_record *record,
	const struct classification *class, const struct classified_name *name)
{
	record->master = class->master;
	record->app = class->app;
	record->by = class->by;
	if (name->name.len)
		flow_set_name(examiner->table, record, name->name);
}

/* UDP names come from classification; a box that reads QUIC reads it whatever its TCP ways. */
static void note_quic(struct examiner *examiner, struct examination *examination,
	const struct classified_name *name, uint8_t *reason)
{
	if (name->source != NAME_QUIC || !name->name.len)
		return;
	for (uint32_t i = 0; i < examiner->ruleset->inspect_count; i++) {
		if (examination->inspecting >> i & 1)
			note_name(examiner, examination, examiner->ruleset->list_masks[i],
				name->name, NAME_QUIC, reason);
	}
}

static void classify(struct examiner *examiner, struct flow *flow, struct examination *examination,
	const struct packet *packet, enum direction direction, const struct inspection_result *read,
	uint8_t *reason)
{
	struct classified_name name;
	bool known = examination->class.over;

	if (examination->class.quiet)
		return;
	classify_packet(examiner->dpi, &examination->class, packet, direction == DIRECTION_UP, read,
		examiner->guess_ports, &name);
	keep_class(examiner, flow_record(examiner->table, flow), &examination->class, &name);
	if (known || !examination->class.over)
		return;
	*reason = DECISION_APP;
	note_quic(examiner, examination, &name, reason);
}

static void look_at_tcp(struct examiner *examiner, struct flow *flow,
	struct examination *examination, const struct packet *packet, enum direction direction,
	uint8_t *reason)
{
	struct inspection_result read;

	for (uint32_t way = 0; way < examiner->way_count; way++) {
		if (!way_is_wanted(examiner, examination, way))
			continue;
		inspection_read(&examiner->inspector, &examination->ways[way], &examiner->ways[way],
			packet, direction, &read);
		if (!packet->payload_captured)
			continue;
		if (way == 0)
			classify(examiner, flow, examination, packet, direction, &read, reason);
		for (uint32_t i = 0; i < examiner->ruleset->inspect_count; i++) {
			if (examiner->way_of[i] == way && examination->inspecting >> i & 1 &&
				examiner->ruleset->inspects[i].directions >> direction & 1)
				inspect_tcp(examiner, flow, examination, i, &read,
					packet->payload_bytes, reason);
		}
	}
}

static void look_at_other(struct examiner *examiner, struct flow *flow,
	struct examination *examination, const struct packet *packet, enum direction direction,
	uint8_t *reason)
{
	classify(examiner, flow, examination, packet, direction, NULL, reason);
	if (!packet->payload_captured)
		return;
	for (uint32_t i = 0; i < examiner->ruleset->inspect_count; i++) {
		if (!(examination->inspecting >> i & 1))
			continue;
		if (++examination->inspected[i] >= examiner->ruleset->inspects[i].budget_packets ||
			examination->class.over)
			end_inspect(examination, i, DECISION_BUDGET);
	}
}

/* What made the decision: a name or a class when it was news in this packet, else how inspection
 * ended, else the header alone. */
static uint8_t reason_for(const struct examination *examination, uint16_t rule, uint8_t news)
{
	bool named =
		news == DECISION_TLS_SNI || news == DECISION_QUIC_SNI || news == DECISION_HTTP_HOST;

	if (named && rule != RULE_NONE)
		return news;
	if (examination->ending == DECISION_GAVE_UP)
		return DECISION_GAVE_UP;
	if (news == DECISION_APP && rule != RULE_NONE)
		return DECISION_APP;
	return examination->ending ? examination->ending : news ? news : DECISION_HEADER;
}

static void match(
	struct examiner *examiner, struct flow *flow, struct examination *examination, uint8_t news)
{
	struct flow_record *record = flow_record(examiner->table, flow);
	struct evidence evidence = evidence_of(record, examination);
	uint16_t rule = matching_rule(
		examiner->ruleset, &evidence, &examination->first_open, &examination->waiting);

	if (rule != RULE_UNDECIDED)
		decide(examiner, flow, rule, reason_for(examination, rule, news));
}

/* A box that counts does not wait for its parser. */
static void stop_waiting(struct examiner *examiner, struct flow *flow,
	struct examination *examination, const struct packet *packet, enum direction direction)
{
	const struct ruleset *ruleset = examiner->ruleset;
	struct throttle_input input =
		enforce_input(flow, flow_record(examiner->table, flow), packet, direction);

	if (is_due(ruleset, &ruleset->rules[examination->waiting], &input))
		decide(examiner, flow, examination->waiting, DECISION_COUNT_DUE);
}

void examine_packet(struct examiner *examiner, struct flow *flow, const struct packet *packet,
	enum direction direction)
{
	struct examination *examination = examination_of(examiner, flow);
	uint64_t packets = flow_packets(flow, flow_record(examiner->table, flow));
	uint8_t news = DECISION_UNDECIDED;

	if (packets == 1) /* before a look inside, which must not be taken for the reason */
		match(examiner, flow, examination, news);
	if (packet->proto == PROTO_TCP)
		look_at_tcp(examiner, flow, examination, packet, direction, &news);
	else
		look_at_other(examiner, flow, examination, packet, direction, &news);
	if (flow->rule == RULE_UNDECIDED && (packets == 1 || packet->payload_captured))
		match(examiner, flow, examination, news);
	if (flow->rule == RULE_UNDECIDED && examination->waiting != RULE_NONE)
		stop_waiting(examiner, flow, examination, packet, direction);
	if (flow->rule != RULE_UNDECIDED && examination->class.quiet)
		examine_end(examiner, flow);
}

void examine_end(struct examiner *examiner, struct flow *flow)
{
	struct flow_record *record = flow_record(examiner->table, flow);
	struct examination *examination = examination_of(examiner, flow);
	struct classified_name name;

	if (!examination)
		return;
	if (!examination->class.quiet) {
		classify_end(examiner->dpi, &examination->class, examiner->guess_ports, &name);
		keep_class(examiner, record, &examination->class, &name);
	}
	for (uint32_t way = 0; way < examiner->way_count; way++)
		inspection_end(&examiner->inspector, &examination->ways[way]);
	pool_give(&examiner->examinations, record->examination);
	record->examination = 0;
	flow->flags &= ~FLOW_EXAMINED;
}
