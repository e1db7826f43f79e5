/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/enforce.h"

#include "dataplane/prng.h"
#include "dataplane/reset.h"

#include <stdlib.h>

enum { HOST_STATES = 1 << 17 };

bool enforcer_begin(struct enforcer *enforcer, uint32_t flows, uint64_t table_seed)
{
	if (!enforcer->shared)
		enforcer->shared = enforcer->own = shared_states_new(false);
	enforcer->hosts = hosts_new(HOST_STATES, table_seed);
	return enforcer->shared && enforcer->hosts &&
	       pool_begin(&enforcer->states, THROTTLE_STATE_BYTES, flows);
}

void enforcer_end(struct enforcer *enforcer)
{
	pool_end(&enforcer->states);
	hosts_free(enforcer->hosts);
	shared_states_free(enforcer->own);
}

void enforcer_adopt(struct enforcer *enforcer, const struct ruleset *ruleset)
{
	if (enforcer->own)
		shared_states_renew(enforcer->own, ruleset, enforcer->ruleset->generation);
	enforcer->ruleset = ruleset;
}

void enforcer_forget(struct enforcer *enforcer, struct flow *flow)
{
	pool_give(&enforcer->states, flow->state);
	flow->state = 0;
}

static const uint8_t *inside_host(const struct enforcer *enforcer, const struct flow_record *record)
{
	const struct prefixes *inside = enforcer->inside;
	bool is_server = !prefixes_contain(inside, record->client, record->ip_version) &&
			 prefixes_contain(inside, record->server, record->ip_version);

	return is_server ? record->server : record->client;
}

/* Where a throttle remembers what concerns this packet, not SCOPE_RULE; NULL: there is no room. */
static void *state_of(struct enforcer *enforcer, const struct throttle *throttle, struct flow *flow,
	const struct packet *packet, unsigned part)
{
	const struct flow_record *record;
	uint8_t *block;

	if (throttle->per.scope == SCOPE_INSIDE_HOST) {
		record = flow_record(enforcer->table, flow);
		return hosts_state(enforcer->hosts, inside_host(enforcer, record),
			record->ip_version, throttle->shared * 2u + part, packet->time_ns);
	}
	if (!flow->state)
		flow->state = pool_take(&enforcer->states);
	block = pool_at(&enforcer->states, flow->state);
	return block + throttle->flow_state_at + part * throttle->kind->state_size;
}

/* One step; a packet that finds no room for its host's state passes it. */
static enum drop_reason apply(struct enforcer *enforcer, const struct throttle *step,
	struct flow *flow, const struct packet *packet, const struct throttle_input *input,
	struct verdict *verdict)
{
	uint64_t *leaves_ns = &verdict->leaves_ns;
	unsigned part = step->per.by_direction ? input->direction : 0;
	const void *params = throttle_params_at(step, input->now_ns);
	void *state = NULL;

	if (!params) /* it rests */
		return DROP_NONE;
	if (step->kind->makes && step->kind->makes(params, input)) {
		verdict->reset = params;
		enforcer->counters->events[EVENT_MADE] += reset_count(params);
	}
	if (step->per.scope == SCOPE_RULE)
		return shared_apply(enforcer->shared, step, part, input, leaves_ns);
	if (step->kind->state_size)
		state = state_of(enforcer, step, flow, packet, part);
	if (step->kind->state_size && !state) {
		enforcer->counters->events[EVENT_HOSTS_REFUSED]++;
		return DROP_NONE;
	}
	return step->kind->apply(params, state, input, leaves_ns);
}

static bool is_pure_ack(const struct packet *packet)
{
	return (packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK &&
	       !packet->payload_bytes;
}

struct throttle_input enforce_input(const struct flow *flow, const struct flow_record *record,
	const struct packet *packet, enum direction direction)
{
	struct throttle_input input = {
		.now_ns = packet->time_ns,
		.bytes = {packet_l2_bytes(packet), packet->l3_bytes, packet->payload_bytes},
		.packets_since_decision = flow_packets(flow, record) - record->decided_at + 1,
		.ns_since_decision = packet->time_ns - record->decided_ns,
		.direction = direction,
		.tcp_flags = packet->tcp_flags,
		.reset = packet->tcp_flags & TCP_RST,
		.pure_ack = is_pure_ack(packet),
		.penalised = record->reason == DECISION_RESIDUAL,
	};

	if (input.packets_since_decision > 1)
		input.bytes_since_decision = flow->bytes[DIRECTION_UP] +
					     flow->bytes[DIRECTION_DOWN] - packet->l3_bytes -
					     record->decided_bytes;
	for (int d = 0; d < 2; d++) {
		input.flow_packets[d] = (uint64_t)record->packets_high[d] << 32 | flow->packets[d];
		input.flow_l3_bytes[d] = flow->bytes[d];
		input.flow_payload_bytes[d] = record->payload_bytes[d];
	}
	return input;
}

static enum drop_reason hold(struct enforcer *enforcer, struct flow_record *record,
	struct verdict *verdict, uint64_t delay_ns)
{
	if (enforcer->held == enforcer->hold_limit)
		return DROP_HOLD_FULL;
	enforcer->held++;
	verdict->fate = FATE_HOLD;
	record->held++;
	if (delay_ns > record->delay_ns_max)
		record->delay_ns_max = delay_ns;
	return DROP_NONE;
}

void enforce_packet(struct enforcer *enforcer, const struct rule *rule, struct flow *flow,
	const struct packet *packet, struct verdict *verdict)
{
	struct flow_record *record = flow_record(enforcer->table, flow);
	struct throttle_input input = enforce_input(flow, record, packet, verdict->direction);
	uint64_t key = prng_mix(enforcer->seed, record->hash);
	enum drop_reason drop = DROP_NONE;

	if (packet->l3_bytes > 1500)
		enforcer->counters->events[EVENT_OFFLOADED]++;
	for (uint32_t i = 0; i < rule->throttle_count && !drop; i++) {
		const struct throttle *step =
			&enforcer->ruleset->throttles[rule->throttle_first + i];

		input.key = prng_draw(key, i);
		if (!onset_reached(&step->begins, &input))
			continue;
		drop = apply(enforcer, step, flow, packet, &input, verdict);
		input.now_ns = verdict->leaves_ns;
	}
	if (!drop && verdict->leaves_ns > packet->time_ns)
		drop = hold(enforcer, record, verdict, verdict->leaves_ns - packet->time_ns);
	if (!drop)
		return;
	verdict->fate = FATE_DROP;
	verdict->drop = drop;
	record->dropped[verdict->direction]++;
	record->dropped_bytes[verdict->direction] += packet->l3_bytes;
}
