/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/lifetime.h"

#include "dataplane/decision.h"

#include <string.h>

/* A flow that was heard of this recently is not evicted for a new one. */
#define EVICTION_FLOOR_NS (10ull * 1000 * 1000 * 1000)
/* A full table is not searched for victims again before that. */
#define FULL_PAUSE_NS     (1000ull * 1000 * 1000)

static enum flow_phase phase_of(const struct lifetimes *lifetimes, const struct flow *flow)
{
	uint8_t proto = flow_record(lifetimes->table, flow)->proto;

	if (proto != PROTO_TCP)
		return proto == PROTO_UDP ? PHASE_UDP : PHASE_OTHER;
	if (flow->tcp_flags & (TCP_FIN | TCP_RST))
		return PHASE_CLOSING;
	if (!(flow->flags & FLOW_BEGAN_WITH_SYN) || flow->flags & FLOW_CLIENT_ACKED)
		return PHASE_ESTABLISHED;
	return flow->packets[DIRECTION_DOWN] ? PHASE_SYN_RECEIVED : PHASE_SYN_SENT;
}

/* By the rules in force, also for a flow that has not met them yet. */
static uint64_t patience(const struct lifetimes *lifetimes, const struct flow *flow)
{
	const struct ruleset *ruleset = lifetimes->ruleset;
	const struct rule *rule = decision_of(ruleset, flow);

	if (ruleset->timed)
		return (rule ? rule->timeouts_ns : ruleset->timeouts_ns)[phase_of(lifetimes, flow)];
	return rule ? rule->idle_ns : ruleset->idle_ns;
}

static bool is_idle(const struct lifetimes *lifetimes, const struct flow *flow, uint64_t now_ns)
{
	return now_ns - flow->last_ns >= patience(lifetimes, flow);
}

static uint8_t cleared_by(const struct lifetimes *lifetimes, const struct flow *flow)
{
	const struct rule *rule = decision_of(lifetimes->ruleset, flow);

	return rule ? rule->cleared_by : lifetimes->ruleset->cleared_by;
}

static void end(struct lifetimes *lifetimes, struct flow *flow, enum counter_event event,
	enum flow_ending ending)
{
	lifetimes->counters->events[event]++;
	lifetimes->end(lifetimes->context, flow, ending);
}

static bool is_from_server(const struct flow_record *record, const struct packet *packet)
{
	return packet->source_port == record->server_port &&
	       packet->destination_port == record->client_port &&
	       !memcmp(packet_source(packet), record->server, packet->ip_version == 4 ? 4 : 16);
}

static bool is_syn(const struct packet *packet)
{
	return (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The server opens a connection, or says so in the middle of the client's. */
static bool is_remote_syn(
	const struct lifetimes *lifetimes, const struct flow *flow, const struct packet *packet)
{
	return is_syn(packet) && cleared_by(lifetimes, flow) & CLEARED_BY_REMOTE_SYN &&
	       is_from_server(flow_record(lifetimes->table, flow), packet);
}

/* A SYN that opens another connection between the same ports, not a repeated or late first one. */
static bool is_new_connection(
	const struct lifetimes *lifetimes, const struct flow *flow, const struct packet *packet)
{
	if (!is_syn(packet))
		return false;
	if (!(flow->flags & FLOW_SAW_PAYLOAD) && !(flow->tcp_flags & (TCP_FIN | TCP_RST)))
		return false;
	if (flow->flags & FLOW_BEGAN_WITH_SYN &&
		packet->tcp_seq == flow_record(lifetimes->table, flow)->syn_seq)
		return false;
	return cleared_by(lifetimes, flow) & CLEARED_BY_SYN;
}

bool lifetime_is_over(struct lifetimes *lifetimes, struct flow *flow, const struct packet *packet)
{
	if (is_idle(lifetimes, flow, packet->time_ns))
		end(lifetimes, flow, EVENT_FLOWS_EXPIRED, ENDING_IDLE);
	else if (is_remote_syn(lifetimes, flow, packet))
		end(lifetimes, flow, EVENT_FLOWS_CLEARED, ENDING_CLEARED);
	else if (is_new_connection(lifetimes, flow, packet))
		end(lifetimes, flow, EVENT_FLOWS_CLEARED, ENDING_FOLLOWED);
	else
		return false;
	return true;
}

void lifetime_close(struct lifetimes *lifetimes, struct flow *flow, const struct packet *packet)
{
	if (packet->tcp_flags & cleared_by(lifetimes, flow) & (TCP_FIN | TCP_RST))
		end(lifetimes, flow, EVENT_FLOWS_CLEARED, ENDING_CLEARED);
}

struct sweep {
	struct lifetimes *lifetimes;
	uint64_t now_ns;
	uint64_t silent_since_ns; /* eviction: flows last heard of then or before */
	bool embryonic_only;
};

static void expire_one(void *context, struct flow *flow)
{
	struct sweep *sweep = context;

	if (!is_idle(sweep->lifetimes, flow, sweep->now_ns))
		return;
	end(sweep->lifetimes, flow, EVENT_FLOWS_EXPIRED, ENDING_IDLE);
}

void lifetimes_expire(struct lifetimes *lifetimes, uint64_t now_ns, uint32_t groups)
{
	struct sweep sweep = {.lifetimes = lifetimes, .now_ns = now_ns};

	if (groups)
		flow_each_some(lifetimes->table, groups, expire_one, &sweep);
	else
		flow_each(lifetimes->table, expire_one, &sweep);
}

static void evict_one(void *context, struct flow *flow)
{
	struct sweep *sweep = context;
	bool embryonic = flow_is_embryonic(flow);

	if (flow->last_ns > sweep->silent_since_ns || (sweep->embryonic_only && !embryonic))
		return;
	end(sweep->lifetimes, flow,
		embryonic ? EVENT_FLOWS_EVICTED_EMBRYONIC : EVENT_FLOWS_EVICTED_IDLE,
		ENDING_EVICTED);
}

/*
 * Room for one more flow. The order: idle ones, then the oldest embryonic ones when they fill their
 * quarter (so that no flood of them takes the other three), then the oldest of all, unless they
 * were heard of just now. Victims are chosen by age alone, many at once, so that neither the hash
 * key nor the number of workers shows in a result and the search is paid for by many insertions.
 */
bool lifetimes_make_room(struct lifetimes *lifetimes, uint64_t now_ns)
{
	struct sweep sweep = {.lifetimes = lifetimes, .now_ns = now_ns};
	enum flow_room needed = flow_room_needed(lifetimes->table);

	if (needed == FLOW_ROOM)
		return true;
	if (now_ns < lifetimes->full_until_ns)
		return false;
	lifetimes_expire(lifetimes, now_ns, 0);
	needed = flow_room_needed(lifetimes->table);
	if (needed == FLOW_ROOM)
		return true;
	sweep.embryonic_only = needed == FLOW_ROOM_EMBRYONIC;
	sweep.silent_since_ns =
		census_oldest(lifetimes->census, lifetimes->table, sweep.embryonic_only);
	if (!sweep.embryonic_only && sweep.silent_since_ns + EVICTION_FLOOR_NS > now_ns) {
		lifetimes->full_until_ns = now_ns + FULL_PAUSE_NS;
		return false;
	}
	flow_each(lifetimes->table, evict_one, &sweep);
	return true;
}
