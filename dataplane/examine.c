/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/examine.h"

#include "classifiers/cursor.h"
#include "dataplane/enforce.h"
#include "dataplane/examination.h"
#include "dataplane/verdict.h"

#include <string.h>

static void decide(struct examiner *examiner, struct flow *flow, uint16_t index, uint8_t reason)
{
	decision_take(examiner->ruleset, flow, flow_record(examiner->table, flow), index, reason);
}

/* The name in the record, and who has read it. One that is new there was read by nobody yet. */
static void keep_name(
	struct examiner *examiner, struct flow_record *record, struct span name, uint8_t source)
{
	struct span kept = flow_name(examiner->table, record);

	if (!name.len || (kept.len == name.len && !memcmp(kept.data, name.data, name.len)))
		return;
	if (!flow_set_name(examiner->table, record, name))
		return;
	record->name_source = source;
	record->read_by = 0;
}

/* Inspect i has read a name. It goes into the record when it counts, also when it was not the
 * flow's first. */
static void note_name(struct examiner *examiner, struct flow_record *record,
	struct examination *examination, uint32_t i, struct span name, uint8_t source,
	uint8_t *reason)
{
	static const uint8_t reasons[NAME_SOURCES] = {
		[NAME_TLS] = DECISION_TLS_SNI,
		[NAME_QUIC] = DECISION_QUIC_SNI,
		[NAME_HTTP] = DECISION_HTTP_HOST,
		[NAME_DTLS] = DECISION_DTLS_SNI,
	};
	const struct ruleset *ruleset = examiner->ruleset;
	struct span kept;

	if (decision_sight(ruleset, i, name, source, examination_lists(examiner, examination))) {
		*reason = reasons[source];
		keep_name(examiner, record, name, source);
	}
	kept = flow_name(examiner->table, record);
	if (kept.len == name.len && !memcmp(kept.data, name.data, name.len))
		record->read_by |= 1u << ruleset->inspects[i].number;
}

/* Inspect i has read a ClientHello. */
static void note_hello(struct examiner *examiner, struct flow_record *record,
	struct examination *examination, uint32_t i, struct span texts, uint8_t *reason)
{
	if (hello_notes_take(examiner->ruleset, i, examiner->table, record, texts,
		    examination_lists(examiner, examination)))
		*reason = DECISION_TLS_HELLO;
}

/* What is wanted of the hello that ended in this packet, if there is one. */
static struct span hello_of(struct examiner *examiner, const struct packet *packet,
	const struct inspection_result *read)
{
	uint32_t wanted = examiner->ruleset->hello_sources;

	if (examiner->fingerprints)
		wanted |= 1 << HELLO_JA3 | 1 << HELLO_JA4;
	if (!wanted || !read->hello)
		return (struct span){NULL, 0};
	return hello_notes_of(&examiner->hello_notes, packet->index, wanted, read);
}

static bool is_first_of_client(const struct flow_record *record, const struct packet *packet)
{
	return record->payload_bytes[DIRECTION_UP] == packet->payload_bytes;
}

/* Inspect i sees a datagram of the client. */
static void look_at_datagram(struct examiner *examiner, struct flow_record *record,
	struct examination *examination, uint32_t i, const struct packet *packet, uint8_t *reason)
{
	struct span payload = packet_payload(packet);
	struct datagram datagram = {.bytes = packet->payload_bytes,
		.version = payload.len < 5 ? 0 : cursor_value(payload.data + 1, 4),
		.first = is_first_of_client(record, packet)};

	if (!decision_sight_datagram(
		    examiner->ruleset, i, &datagram, examination_lists(examiner, examination)))
		return;
	record->datagram = datagram;
	*reason = DECISION_QUIC;
}

static void end_inspect(struct examination *examination, const struct inspect *inspect, uint8_t how)
{
	examination->inspecting &= ~(1u << inspect->number);
	examination->ending = how;
}

/* What it read last of a flow that is something else, or whose only hello is over, stays so. */
static bool is_done(const struct examination *examination, const struct packet *packet,
	const struct inspection_result *read)
{
	const struct classification *class = &examination->class;

	if (packet->proto == PROTO_TCP)
		return false;
	if (read->quic == FINDING_IS || read->dtls == FINDING_IS)
		return true;
	/* Peers that found each other by STUN may begin DTLS after it. */
	return class->over && class->by != BY_QUIC && class->by != BY_DTLS &&
	       class->master != dpi_stun;
}

/* One packet with payload as inspect i of the ruleset sees it. */
static void inspect(struct examiner *examiner, struct flow *flow, struct examination *examination,
	uint32_t i, const struct packet *packet, enum direction direction,
	const struct inspection_result *read, uint8_t *reason)
{
	const struct inspect *inspect = &examiner->ruleset->inspects[i];
	uint32_t count = ++examination->inspected[inspect->number];
	struct span hello = hello_of(examiner, packet, read);

	if (packet->proto == PROTO_UDP && direction == DIRECTION_UP)
		look_at_datagram(examiner, flow_record(examiner->table, flow), examination, i,
			packet, reason);
	if (read->name.len)
		note_name(examiner, flow_record(examiner->table, flow), examination, i, read->name,
			read->source, reason);
	if (hello.len)
		note_hello(examiner, flow_record(examiner->table, flow), examination, i, hello,
			reason);
	if (count == 1 && !read->recognised && packet->payload_bytes > inspect->give_up_over)
		end_inspect(examination, inspect, DECISION_GAVE_UP);
	else if (count >= inspect->budget_packets || is_done(examination, packet, read))
		end_inspect(examination, inspect, DECISION_BUDGET);
}

static bool way_is_wanted(const struct examiner *examiner, const struct examination *examination,
	const uint8_t *way_of, uint32_t way)
{
	if (way == 0 && !examination->class.quiet)
		return true;
	for (uint32_t i = 0; i < examiner->ruleset->inspect_count; i++) {
		if (way_of[i] == way && examination_looks(examiner, examination, i))
			return true;
	}
	return false;
}

static void keep_class(struct examiner *examiner, const struct flow *flow,
	struct flow_record *record, const struct classification *class,
	const struct classified_name *name)
{
	record->master = class->master;
	record->app = class->app;
	if (class->over)
		record->category = dpi_category_of(examiner->dpi, class->master, class->app);
	record->by = class->by;
	if (class->by && !record->classed_at)
		record->classed_at = flow_packets(flow, record);
	keep_name(examiner, record, name->name, name->source);
}

static void classify(struct examiner *examiner, struct flow *flow, struct examination *examination,
	const struct packet *packet, enum direction direction, const struct inspection_result *read,
	uint8_t *reason)
{
	struct flow_record *record = flow_record(examiner->table, flow);
	struct classified_name name;
	bool known = examination->class.over;

	if (examination->class.quiet)
		return;
	if (examiner->ndpi_alone)
		read = NULL;
	if (examiner->fingerprints && read && !record->hello)
		flow_keep(examiner->table, &record->hello, hello_of(examiner, packet, read));
	classify_packet(examiner->dpi, &examination->class, packet, direction == DIRECTION_UP, read,
		examiner->guess_ports, &name);
	keep_class(examiner, flow, record, &examination->class, &name);
	if (!known && examination->class.over)
		*reason = DECISION_APP;
}

static void read_packet(struct examiner *examiner, struct examination *examination, uint32_t way,
	const struct packet *packet, enum direction direction, struct inspection_result *read)
{
	struct inspection *inspection = &examination->ways[way];
	struct inspection_way tcp_way = way_at(way);

	if (packet->proto == PROTO_TCP)
		inspection_read(
			&examiner->inspector, inspection, &tcp_way, packet, direction, read);
	else
		inspection_read_udp(
			&examiner->inspector, inspection, quic_way_at(way), packet, read);
}

static void look_inside(struct examiner *examiner, struct flow *flow,
	struct examination *examination, const struct packet *packet, enum direction direction,
	uint8_t *reason)
{
	const struct ruleset *ruleset = examiner->ruleset;
	bool tcp = packet->proto == PROTO_TCP;
	const uint8_t *way_of = tcp ? examiner->way_of : examiner->quic_way_of;
	struct inspection_result read;

	for (uint32_t way = 0; way < (tcp ? WAYS : QUIC_WAYS); way++) {
		if (!way_is_wanted(examiner, examination, way_of, way))
			continue;
		read_packet(examiner, examination, way, packet, direction, &read);
		if (!packet->payload_captured)
			continue;
		if (way == 0)
			classify(examiner, flow, examination, packet, direction, &read, reason);
		for (uint32_t i = 0; i < ruleset->inspect_count; i++) {
			if (way_of[i] == way && examination_looks(examiner, examination, i) &&
				ruleset->inspects[i].directions >> direction & 1)
				inspect(examiner, flow, examination, i, packet, direction, &read,
					reason);
		}
	}
}

/* Neither TCP nor UDP: there are no names. */
static void look_at_other(struct examiner *examiner, struct flow *flow,
	struct examination *examination, const struct packet *packet, enum direction direction,
	uint8_t *reason)
{
	classify(examiner, flow, examination, packet, direction, NULL, reason);
	if (!packet->payload_captured)
		return;
	for (uint32_t i = 0; i < examiner->ruleset->inspect_count; i++) {
		const struct inspect *inspect = &examiner->ruleset->inspects[i];

		if (!examination_looks(examiner, examination, i))
			continue;
		if (++examination->inspected[inspect->number] >= inspect->budget_packets ||
			examination->class.over)
			end_inspect(examination, inspect, DECISION_BUDGET);
	}
}

/* The first payload of the client is there: what is asked of it is known. */
static void weigh_opening(const struct examiner *examiner, struct flow_record *record,
	struct examination *examination, const struct packet *packet, uint8_t *reason)
{
	examination->spoken = true;
	if (!(examiner->ruleset->wants_entropy || examiner->fingerprints) ||
		!is_first_of_client(record, packet))
		return;
	record->opening = entropy_of(packet_payload(packet));
	*reason = DECISION_FIRST_PAYLOAD;
}

static bool is_of_payload(uint8_t news)
{
	switch (news) {
	case DECISION_TLS_SNI:
	case DECISION_TLS_HELLO:
	case DECISION_QUIC:
	case DECISION_QUIC_SNI:
	case DECISION_DTLS_SNI:
	case DECISION_HTTP_HOST:
	case DECISION_FIRST_PAYLOAD:
		return true;
	default:
		return false;
	}
}

/* What made the decision: a name or a class when it was news in this packet, else how inspection
 * ended, else the header alone. */
static uint8_t reason_for(const struct examination *examination, uint16_t rule, uint8_t news)
{
	if (is_of_payload(news) && rule != RULE_NONE)
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
	uint16_t rule = examination_rule(examiner, flow, examination);

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

	if (decision_is_due(ruleset, &ruleset->rules[examination->waiting], &input))
		decide(examiner, flow, examination->waiting, DECISION_COUNT_DUE);
}

void examine_packet(struct examiner *examiner, struct flow *flow, const struct packet *packet,
	enum direction direction)
{
	struct examination *examination = examination_of(examiner, flow);
	uint64_t packets = flow_packets(flow, flow_record(examiner->table, flow));
	uint8_t news = DECISION_UNDECIDED;

	if (packets == 1 && flow->rule == RULE_UNDECIDED) /* before a look inside, which must not be
							     taken for the reason */
		match(examiner, flow, examination, news);
	if (direction == DIRECTION_UP && packet->payload_captured)
		weigh_opening(
			examiner, flow_record(examiner->table, flow), examination, packet, &news);
	if (packet->proto == PROTO_TCP || packet->proto == PROTO_UDP)
		look_inside(examiner, flow, examination, packet, direction, &news);
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
		keep_class(examiner, flow, record, &examination->class, &name);
	}
	for (uint32_t way = 0; way < WAYS; way++)
		inspection_end(&examiner->inspector, &examination->ways[way]);
	sightings_give(&examiner->sightings, examination->lists_seen);
	pool_give(&examiner->examinations, record->examination);
	record->examination = 0;
	flow->flags &= ~FLOW_EXAMINED;
}
