/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/enforce.h"

#include "dataplane/prng.h"

#include <stdlib.h>

enum { HOST_STATES = 1 << 17 };

bool enforcer_begin(struct enforcer *enforcer, uint32_t flows, uint64_t table_seed)
{
	uint32_t shared = enforcer->ruleset->shared_count;

	enforcer->shared = calloc(shared + 1, sizeof(*enforcer->shared));
	enforcer->hosts = hosts_new(HOST_STATES, table_seed);
	return enforcer->shared && enforcer->hosts &&
	       pool_begin(&enforcer->states, THROTTLE_STATE_BYTES, flows);
}

void enforcer_end(struct enforcer *enforcer)
{
	pool_end(&enforcer->states);
	hosts_free(enforcer->hosts);
	free(enforcer->shared);
}

void enforcer_forget(struct enforcer *enforcer, struct flow *flow)
{
	pool_give(&enforcer->states, flow->state);
}

static const uint8_t *inside_host(const struct enforcer *enforcer, const struct flow_record *record)
{
	const struct prefixes *inside = enforcer->inside;
	bool is_server = !prefixes_contain(inside, record->client, record->ip_version) &&
			 prefixes_contain(inside, record->server, record->ip_version);

	return is_server ? record->server : record->client;
}

/* Where a throttle remembers what concerns this packet; NULL when there is no room. */
static void *state_of(struct enforcer *enforcer, const struct throttle *throttle, struct flow *flow,
	const struct flow_record *record, const struct packet *packet, enum direction direction)
{
	unsigned part = throttle->per.by_direction ? direction : 0;
	uint8_t *block;

	if (throttle->per.scope == SCOPE_RULE)
		return &enforcer->shared[throttle->shared][part];
	if (throttle->per.scope == SCOPE_INSIDE_HOST)
		return hosts_state(enforcer->hosts, inside_host(enforcer, record),
			record->ip_version, throttle->shared * 2u + part, packet->time_ns);
	if (!flow->state)
		flow->state = pool_take(&enforcer->states);
	block = pool_at(&enforcer->states, flow->state);
	return block + throttle->flow_state_at + part * throttle->kind->state_size;
}

struct throttle_input enforce_input(const struct flow *flow, const struct flow_record *record,
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

void enforce_packet(struct enforcer *enforcer, struct flow *flow, struct flow_record *record,
	const struct packet *packet, struct verdict *verdict)
{
	const struct rule *rule = &enforcer->ruleset->rules[flow->rule];
	struct throttle_input input = enforce_input(flow, record, packet, verdict->direction);
	uint64_t key = prng_mix(enforcer->seed, record->hash);
	enum drop_reason drop = DROP_NONE;

	if (packet->l3_bytes > 1500)
		enforcer->counters->events[EVENT_OFFLOADED]++;
	for (uint32_t i = 0; i < rule->throttle_count && !drop; i++) {
		const struct throttle *step =
			&enforcer->ruleset->throttles[rule->throttle_first + i];
		void *state = NULL;

		if (step->kind->state_size)
			state = state_of(enforcer, step, flow, record, packet, verdict->direction);
		if (step->kind->state_size && !state) {
			enforcer->counters->events[EVENT_HOSTS_REFUSED]++;
			continue;
		}
		input.key = prng_draw(key, i);
		drop = step->kind->apply(step->params, state, &input, &verdict->leaves_ns);
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
