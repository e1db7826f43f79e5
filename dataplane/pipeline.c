/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/pipeline.h"

#include "dataplane/decision.h"
#include "dataplane/enforce.h"
#include "dataplane/examine.h"
#include "dataplane/introduction.h"
#include "dataplane/penalties.h"
#include "dataplane/place.h"
#include "dataplane/transition.h"

#include <stdlib.h>
#include <string.h>

enum { DPI_CONTEXTS = 4096, STREAMS = 512 };

struct pipeline {
	struct pipeline_options options;
	const struct ruleset *ruleset;
	struct flow_table *table;
	struct counters counters;
	struct lifetimes lifetimes;
	struct census census;
	struct examiner examiner;
	struct enforcer enforcer;
	struct penalties penalties;
};

static void end_flow(void *context, struct flow *flow, enum flow_ending ending)
{
	struct pipeline *pipeline = context;
	struct flow_record *record = flow_record(pipeline->table, flow);
	struct flow_ended ended = {
		.ruleset = pipeline->ruleset,
		.flow = flow,
		.record = record,
		.ending = ending,
	};

	if (ending == ENDING_CLEARED)
		penalties_clear(&pipeline->penalties, flow);
	examine_end(&pipeline->examiner, flow);
	ended.name = flow_name(pipeline->table, record);
	ended.hello = flow_hello(pipeline->table, record);
	if (flow->flags & FLOW_CUT && !ended.name.len)
		pipeline->counters.events[EVENT_FLOWS_CUT]++;
	if (flow->rule < RULE_SLOTS &&
		pipeline->ruleset->slots[flow->rule].born_at > flow->generation)
		flow->rule = RULE_NONE; /* the slot is another rule's now */
	if (pipeline->options.ended)
		pipeline->options.ended(pipeline->options.context, &ended);
	enforcer_forget(&pipeline->enforcer, flow);
	flow_remove(pipeline->table, flow);
}

static bool begin_parts(struct pipeline *pipeline)
{
	const struct pipeline_options *options = &pipeline->options;
	struct examiner_limits limits = {options->flows, DPI_CONTEXTS, STREAMS};

	pipeline->lifetimes = (struct lifetimes){
		.ruleset = pipeline->ruleset,
		.table = pipeline->table,
		.counters = &pipeline->counters,
		.census = &pipeline->census,
		.end = end_flow,
		.context = pipeline,
	};
	pipeline->enforcer = (struct enforcer){
		.ruleset = pipeline->ruleset,
		.inside = options->inside,
		.table = pipeline->table,
		.counters = &pipeline->counters,
		.shared = options->shared,
		.seed = options->seed,
		.hold_limit = options->hold,
	};
	pipeline->examiner.seed = options->seed;
	pipeline->examiner.ndpi_alone = options->ndpi_alone;
	pipeline->examiner.fingerprints = options->fingerprints;
	if (!census_begin(&pipeline->census, options->flows) ||
		!counters_begin(&pipeline->counters, RULE_SLOTS, options->ports) ||
		!enforcer_begin(&pipeline->enforcer, options->flows, options->table_seed))
		return false;
	pipeline->penalties = (struct penalties){pipeline->ruleset, pipeline->table,
		&pipeline->counters, shared_marks(pipeline->enforcer.shared)};
	pipeline->examiner.connections = (struct connections){
		shared_recent(pipeline->enforcer.shared), pipeline->table, &pipeline->counters};
	return examiner_begin(&pipeline->examiner, pipeline->ruleset, pipeline->table,
		&pipeline->counters, &limits, options->guess_ports);
}

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (!pipeline)
		return NULL;
	pipeline->options = *options;
	pipeline->ruleset = options->ruleset;
	pipeline->table = flow_table_new(options->flows, options->growing, options->table_seed);
	if (!pipeline->table || !begin_parts(pipeline)) {
		pipeline_free(pipeline);
		return NULL;
	}
	pipeline->counters.rule_count = pipeline->ruleset->slot_count;
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	examiner_end(&pipeline->examiner);
	enforcer_end(&pipeline->enforcer);
	counters_end(&pipeline->counters);
	census_end(&pipeline->census);
	flow_table_free(pipeline->table);
	free(pipeline);
}

/* Rows that are another rule's from now on begin at zero. */
static void clear_reborn(struct pipeline *pipeline, const struct ruleset *ruleset)
{
	uint32_t since = pipeline->ruleset->generation;

	for (uint32_t i = 0; i < pipeline->counters.rule_count; i++) {
		if (ruleset->slots[i].born_at > since)
			memset(&pipeline->counters.rules[i], 0, sizeof(struct fates));
	}
}

void pipeline_adopt(struct pipeline *pipeline, const struct ruleset *ruleset)
{
	if (ruleset->reborn_at > pipeline->ruleset->generation)
		clear_reborn(pipeline, ruleset);
	enforcer_adopt(&pipeline->enforcer, ruleset);
	examiner_adopt(&pipeline->examiner, ruleset);
	pipeline->lifetimes.ruleset = pipeline->penalties.ruleset = ruleset;
	pipeline->counters.rule_count = ruleset->slot_count;
	pipeline->ruleset = pipeline->options.ruleset = ruleset;
}

static struct flow *new_flow(struct pipeline *pipeline, const struct packet *packet,
	const struct flow_key *key, uint64_t hash, const struct introduction *introduction)
{
	struct flow *flow;

	if (!lifetimes_make_room(&pipeline->lifetimes, packet->time_ns))
		return NULL;
	flow = flow_insert(pipeline->table, key, hash);
	if (!flow)
		return NULL;
	pipeline->counters.events[EVENT_FLOWS_CREATED]++;
	flow->generation = pipeline->ruleset->generation;
	introduce(introduction, flow, flow_record(pipeline->table, flow), packet,
		&pipeline->counters);
	examine_begin(&pipeline->examiner, flow);
	return flow;
}

static void account(struct pipeline *pipeline, struct flow *flow, const struct packet *packet,
	enum direction direction)
{
	bool embryonic = flow_is_embryonic(flow);

	flow->bytes[direction] += packet->l3_bytes;
	if (++flow->packets[direction] == 0)
		flow_record(pipeline->table, flow)->packets_high[direction]++;
	flow->last_ns = packet->time_ns;
	flow->tcp_flags |= packet->tcp_flags;
	if (packet->payload_bytes)
		flow->flags |= FLOW_SAW_PAYLOAD;
	if (direction == DIRECTION_UP && packet->tcp_flags & TCP_ACK)
		flow->flags |= FLOW_CLIENT_ACKED;
	if (embryonic && !flow_is_embryonic(flow))
		flow_established(pipeline->table);
}

/* As it was counted when it came. */
static uint32_t counted_bytes(const struct packet *packet)
{
	return packet->kind == PACKET_FLOW ? packet->l3_bytes : packet->wire;
}

struct held pipeline_held(
	const struct pipeline *pipeline, const struct packet *packet, const struct verdict *verdict)
{
	uint32_t born = verdict->counted == RULE_NONE
				? 0
				: pipeline->ruleset->slots[verdict->counted].born_at;

	return (struct held){counted_bytes(packet), born, packet->port, verdict->counted};
}

/* The row of the rule under which a packet was counted; NULL: none, or it is another rule's now. */
static struct fates *row_of(struct pipeline *pipeline, const struct held *held)
{
	if (held->counted == RULE_NONE || held->counted == HELD_MADE ||
		pipeline->ruleset->slots[held->counted].born_at != held->born)
		return NULL;
	return &pipeline->counters.rules[held->counted];
}

void pipeline_release(struct pipeline *pipeline, const struct held *held, enum drop_reason why)
{
	struct fates *port = &pipeline->counters.ports[held->port];
	struct fates *row = row_of(pipeline, held);

	if (held->counted == HELD_MADE) {
		pipeline->counters.events[EVENT_MADE_UNSENT] += why != DROP_NONE;
		return;
	}
	pipeline->enforcer.held--;
	fates_move(port, &port->held, held->bytes, why);
	if (row)
		fates_move(row, &row->held, held->bytes, why);
}

void pipeline_refuse(struct pipeline *pipeline, const struct held *held, enum drop_reason why)
{
	struct fates *port = &pipeline->counters.ports[held->port];
	struct fates *row = row_of(pipeline, held);

	if (held->counted == HELD_MADE) {
		pipeline->counters.events[EVENT_MADE_UNSENT]++;
		return;
	}
	fates_move(port, &port->forwarded, held->bytes, why);
	if (row)
		fates_move(row, &row->forwarded, held->bytes, why);
}

void pipeline_turn_away(
	struct pipeline *pipeline, const struct packet *packet, enum drop_reason why)
{
	struct fates *fates = &pipeline->counters.ports[packet->port];

	tally_count(&fates->received, counted_bytes(packet));
	tally_count(&fates->dropped[why], counted_bytes(packet));
}

static void describe(const struct pipeline *pipeline, const struct flow *flow,
	const struct flow_record *record, struct verdict *verdict)
{
	verdict->flow = record->id;
	verdict->flow_packet = flow_packets(flow, record);
	verdict->rule = flow->generation == pipeline->ruleset->generation
				? flow->rule
				: RULE_UNDECIDED; /* by the new rules */
	verdict->master = record->master;
	verdict->app = record->app;
	verdict->reason = record->reason;
}

/* The flow of this packet as it was, or a new one; NULL when there is no room. */
static struct flow *flow_for(
	struct pipeline *pipeline, const struct packet *packet, const struct place *place)
{
	struct introduction introduction = {.inside = pipeline->options.inside, .low = place->low};
	struct flow *flow = place_flow(place, pipeline->table);

	if (flow && lifetime_may_be_over(&pipeline->lifetimes, flow, packet) &&
		lifetime_is_over(&pipeline->lifetimes, flow, packet))
		flow = NULL;
	if (flow && (!pipeline->ruleset->residual_count ||
			    !penalties_over(&pipeline->penalties, flow, packet)))
		return flow;
	if (flow) {
		introduction.from_server = place->low != !!(flow->flags & FLOW_CLIENT_LOW);
		end_flow(pipeline, flow, ENDING_PENALTY);
	}
	return new_flow(pipeline, packet, &place->key, place->hash, &introduction);
}

static void one_packet(struct pipeline *pipeline, const struct packet *packet,
	const struct place *place, uint32_t *budget, struct verdict *verdict)
{
	struct flow *flow = flow_for(pipeline, packet, place);
	struct flow_record *record;
	const struct rule *rule;

	if (!flow) {
		pipeline->counters.events[EVENT_FLOWS_UNTRACKED]++;
		verdict->reason = REASON_UNTRACKED;
		return;
	}
	verdict->direction =
		place->low == !!(flow->flags & FLOW_CLIENT_LOW) ? DIRECTION_UP : DIRECTION_DOWN;
	account(pipeline, flow, packet, verdict->direction);
	record = place_record(place, pipeline->table, flow);
	record->payload_bytes[verdict->direction] += packet->payload_bytes;
	if (flow->flags & FLOW_EXAMINED && packet->payload_captured < packet->payload_bytes)
		flow->flags |= FLOW_CUT;
	if (flow->generation != pipeline->ruleset->generation)
		transition_flow(&pipeline->examiner, &pipeline->enforcer, flow, budget);
	if (pipeline->ruleset->residual_count)
		penalties_catch(&pipeline->penalties, flow, packet);
	if (flow->flags & FLOW_EXAMINED)
		examine_packet(&pipeline->examiner, flow, packet, verdict->direction);
	if (pipeline->ruleset->residual_count)
		penalties_begin(&pipeline->penalties, flow, packet);
	rule = decision_of(pipeline->ruleset, flow);
	if (rule && rule->throttle_count)
		enforce_packet(&pipeline->enforcer, rule, flow, packet, verdict);
	describe(pipeline, flow, record, verdict);
	verdict->counted = rule ? rule->slot : RULE_NONE;
	if (rule)
		fates_count(&pipeline->counters.rules[rule->slot], verdict, packet->l3_bytes);
	if (packet->tcp_flags & (TCP_FIN | TCP_RST))
		lifetime_close(&pipeline->lifetimes, flow, packet);
}

static void without_flow(
	struct pipeline *pipeline, const struct packet *packet, struct verdict *verdict)
{
	static const struct {
		uint8_t reason, event;
	} kinds[] = {
		[PACKET_FLOW] = {REASON_OUT_OF_SCOPE, EVENT_OUT_OF_SCOPE},
		[PACKET_NOT_IP] = {REASON_NOT_IP, EVENT_NOT_IP},
		[PACKET_FRAGMENT] = {REASON_FRAGMENT, EVENT_FRAGMENT},
		[PACKET_TRUNCATED] = {REASON_TRUNCATED, EVENT_TRUNCATED},
		[PACKET_MALFORMED] = {REASON_MALFORMED, EVENT_MALFORMED},
	};

	verdict->reason = kinds[packet->kind].reason;
	pipeline->counters.events[kinds[packet->kind].event]++;
}

static void burst(struct pipeline *pipeline, const struct packet *const packets[],
	struct verdict *const verdicts[], unsigned count)
{
	struct place places[BURST];
	uint32_t budget = TRANSITION_RULES;

	places_find(places, pipeline->table, pipeline->options.scope, packets, count);
	for (unsigned i = 0; i < count; i++) {
		if (places[i].flow)
			enforcer_prefetch(&pipeline->enforcer, places[i].flow);
	}
	for (unsigned i = 0; i < count; i++) {
		*verdicts[i] = (struct verdict){
			.leaves_ns = packets[i]->time_ns, .rule = RULE_NONE, .counted = RULE_NONE};
		if (places[i].in_scope)
			one_packet(pipeline, packets[i], &places[i], &budget, verdicts[i]);
		else
			without_flow(pipeline, packets[i], verdicts[i]);
		fates_count(&pipeline->counters.ports[packets[i]->port], verdicts[i],
			counted_bytes(packets[i]));
	}
}

void pipeline_expire(struct pipeline *pipeline, uint64_t now_ns, uint32_t groups)
{
	lifetimes_expire(&pipeline->lifetimes, now_ns, groups);
}

void pipeline_burst(struct pipeline *pipeline, const struct packet *const packets[],
	struct verdict *const verdicts[], unsigned count)
{
	for (unsigned done = 0; done < count; done += BURST) {
		unsigned next = count - done < BURST ? count - done : BURST;

		burst(pipeline, packets + done, verdicts + done, next);
	}
}

static void finish_one(void *context, struct flow *flow)
{
	end_flow(context, flow, ENDING_INPUT);
}

void pipeline_finish(struct pipeline *pipeline)
{
	flow_each(pipeline->table, finish_one, pipeline);
}

const struct counters *pipeline_counters(struct pipeline *pipeline)
{
	pipeline->counters.events[EVENT_STREAMS_REFUSED] =
		pipeline->examiner.inspector.streams_refused +
		pipeline->examiner.inspector.quic.hellos_refused;
	return &pipeline->counters;
}

uint32_t pipeline_flows(const struct pipeline *pipeline)
{
	return flow_count(pipeline->table);
}

uint64_t pipeline_held_now(const struct pipeline *pipeline)
{
	return pipeline->enforcer.held;
}

const char *pipeline_app_name(const struct pipeline *pipeline, uint16_t app)
{
	return dpi_app_name(pipeline->examiner.dpi, app);
}
