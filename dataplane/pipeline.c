/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/pipeline.h"

#include "dataplane/enforce.h"
#include "dataplane/examine.h"

#include <stdlib.h>
#include <string.h>

/* A flow that was heard of this recently is not evicted for a new one. */
#define EVICTION_FLOOR_NS (10ull * 1000 * 1000 * 1000)
/* A full table is not searched for victims again before that. */
#define FULL_PAUSE_NS     (1000ull * 1000 * 1000)

enum { DPI_CONTEXTS = 4096, STREAMS = 512 };

struct pipeline {
	struct pipeline_options options;
	struct flow_table *table;
	struct counters counters;
	struct examiner examiner;
	struct enforcer enforcer;
	uint64_t full_until_ns;
};

struct pipeline *pipeline_new(const struct pipeline_options *options)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	const struct ruleset *ruleset = options->ruleset;
	struct examiner_limits limits = {options->flows, DPI_CONTEXTS, STREAMS};

	if (!pipeline)
		return NULL;
	pipeline->options = *options;
	pipeline->table = flow_table_new(options->flows, options->growing, options->table_seed);
	pipeline->enforcer = (struct enforcer){
		.ruleset = ruleset,
		.inside = options->inside,
		.table = pipeline->table,
		.counters = &pipeline->counters,
		.seed = options->seed,
		.hold_limit = options->hold,
	};
	if (pipeline->table &&
		counters_begin(&pipeline->counters, ruleset->rule_count, options->ports) &&
		enforcer_begin(&pipeline->enforcer, options->flows, options->table_seed) &&
		examiner_begin(&pipeline->examiner, ruleset, pipeline->table, &pipeline->counters,
			&limits, options->guess_ports))
		return pipeline;
	pipeline_free(pipeline);
	return NULL;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	examiner_end(&pipeline->examiner);
	enforcer_end(&pipeline->enforcer);
	counters_end(&pipeline->counters);
	flow_table_free(pipeline->table);
	free(pipeline);
}

uint32_t pipeline_shard(const struct ruleset *ruleset, const struct packet *packet, uint32_t shards)
{
	if (packet->kind != PACKET_FLOW || ruleset->shared_count)
		return 0;
	return (flow_hash(packet) >> 32) * shards >> 32;
}

static void end_flow(struct pipeline *pipeline, struct flow *flow, enum flow_ending ending)
{
	struct flow_record *record = flow_record(pipeline->table, flow);
	struct flow_ended ended = {
		.ruleset = pipeline->options.ruleset,
		.flow = flow,
		.record = record,
		.ending = ending,
	};

	examine_end(&pipeline->examiner, flow);
	ended.name = flow_name(pipeline->table, record);
	if (flow->flags & FLOW_CUT && !ended.name.len)
		pipeline->counters.events[EVENT_FLOWS_CUT]++;
	if (pipeline->options.ended)
		pipeline->options.ended(pipeline->options.context, &ended);
	enforcer_forget(&pipeline->enforcer, flow);
	flow_remove(pipeline->table, flow);
}

static const struct rule *rule_of(const struct pipeline *pipeline, const struct flow *flow)
{
	const struct ruleset *ruleset = pipeline->options.ruleset;

	return flow->rule < ruleset->rule_count ? &ruleset->rules[flow->rule] : NULL;
}

static bool is_idle(const struct pipeline *pipeline, const struct flow *flow, uint64_t now_ns)
{
	const struct rule *rule = rule_of(pipeline, flow);
	uint64_t idle_ns = rule ? rule->idle_ns : pipeline->options.ruleset->idle_ns;

	return now_ns - flow->last_ns >= idle_ns;
}

struct sweep {
	struct pipeline *pipeline;
	uint64_t now_ns;
	uint64_t silent_since_ns; /* eviction: flows last heard of then or before */
	bool embryonic_only;
};

static void expire_one(void *context, struct flow *flow)
{
	struct sweep *sweep = context;

	if (!is_idle(sweep->pipeline, flow, sweep->now_ns))
		return;
	sweep->pipeline->counters.events[EVENT_FLOWS_EXPIRED]++;
	end_flow(sweep->pipeline, flow, ENDING_IDLE);
}

void pipeline_expire(struct pipeline *pipeline, uint64_t now_ns, uint32_t groups)
{
	struct sweep sweep = {.pipeline = pipeline, .now_ns = now_ns};

	if (groups)
		flow_each_some(pipeline->table, groups, expire_one, &sweep);
	else
		flow_each(pipeline->table, expire_one, &sweep);
}

static void evict_one(void *context, struct flow *flow)
{
	struct sweep *sweep = context;
	bool embryonic = flow_is_embryonic(flow);

	if (flow->last_ns > sweep->silent_since_ns || (sweep->embryonic_only && !embryonic))
		return;
	sweep->pipeline->counters
		.events[embryonic ? EVENT_FLOWS_EVICTED_EMBRYONIC : EVENT_FLOWS_EVICTED_IDLE]++;
	end_flow(sweep->pipeline, flow, ENDING_EVICTED);
}

/*
 * Room for one more flow. The order: idle ones, then the oldest embryonic ones when they fill their
 * quarter (so that no flood of them takes the other three), then the oldest of all, unless they
 * were heard of just now. Victims are chosen by age alone, many at once, so that neither the hash
 * key nor the number of workers shows in a result and the search is paid for by many insertions.
 */
static bool make_room(struct pipeline *pipeline, uint64_t now_ns)
{
	struct sweep sweep = {.pipeline = pipeline, .now_ns = now_ns};
	enum flow_room needed = flow_room_needed(pipeline->table);

	if (needed == FLOW_ROOM)
		return true;
	if (now_ns < pipeline->full_until_ns)
		return false;
	pipeline_expire(pipeline, now_ns, 0);
	needed = flow_room_needed(pipeline->table);
	if (needed == FLOW_ROOM)
		return true;
	sweep.embryonic_only = needed == FLOW_ROOM_EMBRYONIC;
	sweep.silent_since_ns = flow_oldest(pipeline->table, sweep.embryonic_only);
	if (!sweep.embryonic_only && sweep.silent_since_ns + EVICTION_FLOOR_NS > now_ns) {
		pipeline->full_until_ns = now_ns + FULL_PAUSE_NS;
		return false;
	}
	flow_each(pipeline->table, evict_one, &sweep);
	return true;
}

static uint8_t initiator_of(struct pipeline *pipeline, const struct flow_record *record)
{
	const struct prefixes *inside = pipeline->options.inside;

	if (prefixes_contain(inside, record->client, record->ip_version))
		return INITIATOR_INSIDE;
	if (prefixes_contain(inside, record->server, record->ip_version))
		return INITIATOR_OUTSIDE;
	pipeline->counters.events[EVENT_FLOWS_NO_SIDE]++;
	return INITIATOR_UNKNOWN;
}

static struct flow *new_flow(struct pipeline *pipeline, const struct packet *packet,
	const struct flow_key *key, uint64_t hash, bool low)
{
	size_t length = packet->ip_version == 4 ? 4 : 16;
	struct flow_record *record;
	struct flow *flow;

	if (!make_room(pipeline, packet->time_ns))
		return NULL;
	flow = flow_insert(pipeline->table, key, hash);
	if (!flow)
		return NULL;
	pipeline->counters.events[EVENT_FLOWS_CREATED]++;
	flow->flags = low ? FLOW_CLIENT_LOW : 0;
	if ((packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		flow->flags |= FLOW_BEGAN_WITH_SYN;
	record = flow_record(pipeline->table, flow);
	record->syn_seq = packet->tcp_seq;
	memcpy(record->client, packet_source(packet), length);
	memcpy(record->server, packet_destination(packet), length);
	record->client_port = packet->source_port;
	record->server_port = packet->destination_port;
	record->ip_version = packet->ip_version;
	record->proto = packet->proto;
	record->id = packet->index;
	record->hash = flow_hash(packet);
	record->first_ns = packet->time_ns;
	record->initiator = initiator_of(pipeline, record);
	examine_begin(&pipeline->examiner, flow);
	return flow;
}

static uint8_t cleared_by(const struct pipeline *pipeline, const struct flow *flow)
{
	const struct rule *rule = rule_of(pipeline, flow);

	return rule ? rule->cleared_by : pipeline->options.ruleset->cleared_by;
}

/* A SYN that opens another connection between the same ports, not a repeated or late first one. */
static bool is_new_connection(
	const struct pipeline *pipeline, const struct flow *flow, const struct packet *packet)
{
	if ((packet->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return false;
	if (!(flow->flags & FLOW_SAW_PAYLOAD) && !(flow->tcp_flags & (TCP_FIN | TCP_RST)))
		return false;
	if (flow->flags & FLOW_BEGAN_WITH_SYN &&
		packet->tcp_seq == flow_record(pipeline->table, flow)->syn_seq)
		return false;
	return cleared_by(pipeline, flow) & CLEARED_BY_SYN;
}

/* The flow of this packet as it was, or NULL when it is over. */
static struct flow *live_flow(struct pipeline *pipeline, const struct packet *packet,
	const struct flow_key *key, uint64_t hash)
{
	struct flow *flow = flow_find(pipeline->table, key, hash);

	if (!flow)
		return NULL;
	if (is_idle(pipeline, flow, packet->time_ns)) {
		pipeline->counters.events[EVENT_FLOWS_EXPIRED]++;
		end_flow(pipeline, flow, ENDING_IDLE);
		return NULL;
	}
	if (is_new_connection(pipeline, flow, packet)) {
		pipeline->counters.events[EVENT_FLOWS_CLEARED]++;
		end_flow(pipeline, flow, ENDING_CLEARED);
		return NULL;
	}
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
	if (embryonic && !flow_is_embryonic(flow))
		flow_established(pipeline->table);
}

static void count_fate(struct fates *fates, const struct verdict *verdict, uint32_t bytes)
{
	tally_count(&fates->received, bytes);
	tally_count(verdict->fate == FATE_FORWARD ? &fates->forwarded
		    : verdict->fate == FATE_HOLD  ? &fates->held
						  : &fates->dropped[verdict->drop],
		bytes);
}

static void count_release(struct fates *fates, uint32_t bytes, enum drop_reason why)
{
	fates->held.packets--;
	fates->held.bytes -= bytes;
	tally_count(why ? &fates->dropped[why] : &fates->forwarded, bytes);
}

/* As it was counted when it came. */
static uint32_t counted_bytes(const struct packet *packet)
{
	return packet->kind == PACKET_FLOW ? packet->l3_bytes : packet->wire;
}

struct held pipeline_held(
	const struct pipeline *pipeline, const struct packet *packet, const struct verdict *verdict)
{
	return (struct held){
		.bytes = counted_bytes(packet), .port = packet->port, .counted = verdict->counted};
}

void pipeline_release(struct pipeline *pipeline, const struct held *held, enum drop_reason why)
{
	struct counters *counters = &pipeline->counters;

	pipeline->enforcer.held--;
	count_release(&counters->ports[held->port], held->bytes, why);
	count_release(&counters->rules[held->counted], held->bytes, why);
}

static void count_refusal(struct fates *fates, uint32_t bytes, enum drop_reason why)
{
	fates->forwarded.packets--;
	fates->forwarded.bytes -= bytes;
	tally_count(&fates->dropped[why], bytes);
}

void pipeline_refuse(struct pipeline *pipeline, const struct held *held, enum drop_reason why)
{
	struct counters *counters = &pipeline->counters;

	count_refusal(&counters->ports[held->port], held->bytes, why);
	if (held->counted != RULE_NONE)
		count_refusal(&counters->rules[held->counted], held->bytes, why);
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
	verdict->rule = flow->rule;
	verdict->master = record->master;
	verdict->app = record->app;
	verdict->reason = record->reason;
}

static void one_packet(struct pipeline *pipeline, const struct packet *packet,
	const struct flow_key *key, uint64_t hash, bool low, struct verdict *verdict)
{
	struct flow *flow = live_flow(pipeline, packet, key, hash);
	struct flow_record *record;
	const struct rule *rule;

	if (!flow)
		flow = new_flow(pipeline, packet, key, hash, low);
	if (!flow) {
		pipeline->counters.events[EVENT_FLOWS_UNTRACKED]++;
		verdict->reason = REASON_UNTRACKED;
		return;
	}
	verdict->direction =
		low == !!(flow->flags & FLOW_CLIENT_LOW) ? DIRECTION_UP : DIRECTION_DOWN;
	account(pipeline, flow, packet, verdict->direction);
	record = flow_record(pipeline->table, flow);
	record->payload_bytes[verdict->direction] += packet->payload_bytes;
	if (flow->flags & FLOW_EXAMINED && packet->payload_captured < packet->payload_bytes)
		flow->flags |= FLOW_CUT;
	if (flow->flags & FLOW_EXAMINED)
		examine_packet(&pipeline->examiner, flow, packet, verdict->direction);
	rule = rule_of(pipeline, flow);
	if (rule && rule->throttle_count)
		enforce_packet(&pipeline->enforcer, flow, record, packet, verdict);
	describe(pipeline, flow, record, verdict);
	verdict->counted = rule ? flow->rule : RULE_NONE;
	if (rule)
		count_fate(&pipeline->counters.rules[flow->rule], verdict, packet->l3_bytes);
	if (packet->tcp_flags & cleared_by(pipeline, flow) & (TCP_FIN | TCP_RST)) {
		pipeline->counters.events[EVENT_FLOWS_CLEARED]++;
		end_flow(pipeline, flow, ENDING_CLEARED);
	}
}

static void without_flow(
	struct pipeline *pipeline, const struct packet *packet, struct verdict *verdict)
{
	static const struct {
		uint8_t reason, event;
	} kinds[] = {
		[PACKET_NOT_IP] = {REASON_NOT_IP, EVENT_NOT_IP},
		[PACKET_FRAGMENT] = {REASON_FRAGMENT, EVENT_FRAGMENT},
		[PACKET_TRUNCATED] = {REASON_TRUNCATED, EVENT_TRUNCATED},
		[PACKET_MALFORMED] = {REASON_MALFORMED, EVENT_MALFORMED},
	};

	verdict->reason = kinds[packet->kind].reason;
	pipeline->counters.events[kinds[packet->kind].event]++;
}

static bool is_in_scope(const struct pipeline *pipeline, const struct packet *packet)
{
	const struct prefixes *scope = pipeline->options.scope;

	return !scope ||
	       (prefixes_contain(scope, packet_source(packet), packet->ip_version) &&
		       prefixes_contain(scope, packet_destination(packet), packet->ip_version));
}

static void out_of_scope(struct pipeline *pipeline, struct verdict *verdict)
{
	verdict->reason = REASON_OUT_OF_SCOPE;
	pipeline->counters.events[EVENT_OUT_OF_SCOPE]++;
}

static void burst(struct pipeline *pipeline, const struct packet *const packets[],
	struct verdict *const verdicts[], unsigned count)
{
	struct flow_key keys[BURST];
	uint64_t hashes[BURST];
	bool low[BURST], in_scope[BURST];

	for (unsigned i = 0; i < count; i++) {
		in_scope[i] = packets[i]->kind == PACKET_FLOW && is_in_scope(pipeline, packets[i]);
		if (!in_scope[i])
			continue;
		keys[i] = flow_key_of(pipeline->table, packets[i], &low[i]);
		hashes[i] = flow_table_hash(pipeline->table, &keys[i]);
		flow_prefetch_tags(pipeline->table, hashes[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		if (in_scope[i])
			flow_prefetch_slot(pipeline->table, hashes[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		*verdicts[i] = (struct verdict){
			.leaves_ns = packets[i]->time_ns, .rule = RULE_NONE, .counted = RULE_NONE};
		if (packets[i]->kind == PACKET_FLOW && !in_scope[i])
			out_of_scope(pipeline, verdicts[i]);
		else if (packets[i]->kind == PACKET_FLOW)
			one_packet(pipeline, packets[i], &keys[i], hashes[i], low[i], verdicts[i]);
		else
			without_flow(pipeline, packets[i], verdicts[i]);
		count_fate(&pipeline->counters.ports[packets[i]->port], verdicts[i],
			counted_bytes(packets[i]));
	}
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
		pipeline->examiner.inspector.streams_refused;
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
