/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/pipeline.h"

#include "dataplane/examine.h"
#include "dataplane/hosts.h"
#include "dataplane/prng.h"

#include <stdlib.h>
#include <string.h>

/* A flow that was heard of this recently is not evicted for a new one. */
#define EVICTION_FLOOR_NS (10ull * 1000 * 1000 * 1000)
/* A full table is not searched for victims again before that. */
#define FULL_PAUSE_NS     (1000ull * 1000 * 1000)

enum {
	HOST_STATES = 1 << 17,
	DPI_CONTEXTS = 4096,
	STREAMS = 512,
};

struct shared_state {
	uint64_t words[THROTTLE_STATE_BYTES / 8];
};

struct pipeline {
	struct pipeline_options options;
	struct flow_table *table;
	struct counters counters;
	struct examiner examiner;
	struct pool states;               /* THROTTLE_STATE_BYTES a flow */
	struct shared_state (*shared)[2]; /* of SCOPE_RULE, by throttle and direction */
	struct hosts *hosts;              /* of SCOPE_INSIDE_HOST */
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
	pipeline->shared = calloc(ruleset->shared_count + 1, sizeof(*pipeline->shared));
	pipeline->hosts = hosts_new(HOST_STATES, options->table_seed);
	if (pipeline->table && pipeline->shared && pipeline->hosts &&
		counters_begin(&pipeline->counters, ruleset->rule_count, options->ports) &&
		pool_begin(&pipeline->states, THROTTLE_STATE_BYTES, options->flows) &&
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
	pool_end(&pipeline->states);
	counters_end(&pipeline->counters);
	hosts_free(pipeline->hosts);
	free(pipeline->shared);
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
	struct flow_ended ended = {flow, record, {NULL, 0}, ending};

	examine_end(&pipeline->examiner, flow);
	ended.name = flow_name(pipeline->table, record);
	if (pipeline->options.ended)
		pipeline->options.ended(pipeline->options.context, &ended);
	pool_give(&pipeline->states, flow->state);
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

void pipeline_expire(struct pipeline *pipeline, uint64_t now_ns)
{
	struct sweep sweep = {.pipeline = pipeline, .now_ns = now_ns};

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
 * Room for one more flow. The order: idle ones, then the oldest embryonic ones (which can never
 * push out an established one, however many come), then the oldest established ones, unless they
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
	pipeline_expire(pipeline, now_ns);
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
	record = flow_record(pipeline->table, flow);
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

/* A SYN that opens another connection between the same ports, not a repeated first one. */
static bool is_new_connection(
	const struct pipeline *pipeline, const struct flow *flow, const struct packet *packet)
{
	if ((packet->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
		return false;
	if (!(flow->flags & FLOW_SAW_PAYLOAD) && !(flow->tcp_flags & (TCP_FIN | TCP_RST)))
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

static const uint8_t *inside_host(const struct pipeline *pipeline, const struct flow_record *record)
{
	const struct prefixes *inside = pipeline->options.inside;
	bool is_server = !prefixes_contain(inside, record->client, record->ip_version) &&
			 prefixes_contain(inside, record->server, record->ip_version);

	return is_server ? record->server : record->client;
}

/* Where a throttle remembers what concerns this packet; NULL when there is no room. */
static void *state_of(struct pipeline *pipeline, const struct throttle *throttle, struct flow *flow,
	const struct flow_record *record, const struct packet *packet, enum direction direction)
{
	unsigned part = throttle->per.by_direction ? direction : 0;
	uint8_t *block;

	if (throttle->per.scope == SCOPE_RULE)
		return &pipeline->shared[throttle->shared][part];
	if (throttle->per.scope == SCOPE_INSIDE_HOST)
		return hosts_state(pipeline->hosts, inside_host(pipeline, record),
			record->ip_version, throttle->shared * 2u + part, packet->time_ns);
	if (!flow->state)
		flow->state = pool_take(&pipeline->states);
	block = pool_at(&pipeline->states, flow->state);
	return block + throttle->flow_state_at + part * throttle->kind->state_size;
}

static struct throttle_input input_for(const struct flow *flow, const struct flow_record *record,
	const struct packet *packet, enum direction direction)
{
	struct throttle_input input = {
		.now_ns = packet->time_ns,
		.bytes = {packet_l2_bytes(packet), packet->l3_bytes, packet->payload_bytes},
		.packets_since_decision = flow_packets(flow, record) - record->decided_at + 1,
		.direction = direction,
	};

	for (int d = 0; d < 2; d++) {
		input.flow_packets[d] = (uint64_t)record->packets_high[d] << 32 | flow->packets[d];
		input.flow_l3_bytes[d] = flow->bytes[d];
		input.flow_payload_bytes[d] = record->payload_bytes[d];
	}
	return input;
}

/* All steps of the flow's rule, until one drops. */
static void throttle(struct pipeline *pipeline, struct flow *flow, struct flow_record *record,
	const struct packet *packet, struct verdict *verdict)
{
	const struct rule *rule = &pipeline->options.ruleset->rules[flow->rule];
	struct throttle_input input = input_for(flow, record, packet, verdict->direction);
	uint64_t key = prng_mix(pipeline->options.seed, record->hash);

	if (packet->l3_bytes > 1500)
		pipeline->counters.events[EVENT_OFFLOADED]++;
	for (uint32_t i = 0; i < rule->throttle_count && verdict->fate == FATE_FORWARD; i++) {
		const struct throttle *step =
			&pipeline->options.ruleset->throttles[rule->throttle_first + i];
		void *state = NULL;

		if (step->kind->state_size)
			state = state_of(pipeline, step, flow, record, packet, verdict->direction);
		if (step->kind->state_size && !state) {
			pipeline->counters.events[EVENT_HOSTS_REFUSED]++;
			continue;
		}
		input.key = prng_draw(key, i);
		if (step->kind->apply(step->params, state, &input))
			continue;
		verdict->fate = FATE_DROP;
		verdict->kind = step->kind_index;
		record->dropped[verdict->direction]++;
	}
}

static void count_fate(struct fates *fates, const struct verdict *verdict, uint32_t bytes)
{
	tally_count(&fates->received, bytes);
	tally_count(
		verdict->fate == FATE_FORWARD ? &fates->forwarded : &fates->dropped[verdict->kind],
		bytes);
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
	if (flow->flags & FLOW_EXAMINED)
		examine_packet(&pipeline->examiner, flow, packet, verdict->direction);
	rule = rule_of(pipeline, flow);
	if (rule && rule->throttle_count)
		throttle(pipeline, flow, record, packet, verdict);
	describe(pipeline, flow, record, verdict);
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

static void burst(struct pipeline *pipeline, const struct packet *const packets[],
	struct verdict *const verdicts[], unsigned count)
{
	struct flow_key keys[BURST];
	uint64_t hashes[BURST];
	bool low[BURST];

	for (unsigned i = 0; i < count; i++) {
		if (packets[i]->kind != PACKET_FLOW)
			continue;
		keys[i] = flow_key_of(pipeline->table, packets[i], &low[i]);
		hashes[i] = flow_table_hash(pipeline->table, &keys[i]);
		flow_prefetch_tags(pipeline->table, hashes[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		if (packets[i]->kind == PACKET_FLOW)
			flow_prefetch_slot(pipeline->table, hashes[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		*verdicts[i] = (struct verdict){.rule = RULE_NONE};
		if (packets[i]->kind == PACKET_FLOW)
			one_packet(pipeline, packets[i], &keys[i], hashes[i], low[i], verdicts[i]);
		else
			without_flow(pipeline, packets[i], verdicts[i]);
		count_fate(
			&pipeline->counters.ports[packets[i]->port], verdicts[i], packets[i]->wire);
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

const char *pipeline_app_name(const struct pipeline *pipeline, uint16_t app)
{
	return dpi_app_name(pipeline->examiner.dpi, app);
}
