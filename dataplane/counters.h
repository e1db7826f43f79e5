/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers that close: received = forwarded + held + the drops for every reason, for each port and
 * each rule, whenever they are read. Cumulative; written by one thread, summed by readers.
 */
#ifndef SLUICE_COUNTERS_H
#define SLUICE_COUNTERS_H

#include "dataplane/verdict.h"

#include <stdbool.h>
#include <stdint.h>

struct tally {
	uint64_t packets;
	uint64_t bytes; /* L3; of packets without a flow the frame without FCS */
};

struct fates {
	struct tally received, forwarded;
	struct tally held; /* at this moment; the others only grow */
	struct tally dropped[DROP_COUNT];
};

/* Events beside the packets' fates, with their names in counters.json. */
#define COUNTER_EVENTS(X)                                        \
	X(NOT_IP, "parse", "not_ip")                             \
	X(FRAGMENT, "parse", "fragment")                         \
	X(TRUNCATED, "parse", "truncated")                       \
	X(MALFORMED, "parse", "malformed")                       \
	X(OUT_OF_SCOPE, "parse", "out_of_scope")                 \
	X(OFFLOADED, "parse", "throttled_longer_than_1500")      \
	X(FLOWS_CREATED, "flows", "created")                     \
	X(FLOWS_EXPIRED, "flows", "expired")                     \
	X(FLOWS_CLEARED, "flows", "cleared")                     \
	X(FLOWS_EVICTED_EMBRYONIC, "flows", "evicted_embryonic") \
	X(FLOWS_EVICTED_IDLE, "flows", "evicted_idle")           \
	X(FLOWS_UNTRACKED, "flows", "untracked_packets")         \
	X(FLOWS_UNEXAMINED, "flows", "unexamined")               \
	X(FLOWS_NO_SIDE, "flows", "initiator_unknown")           \
	X(FLOWS_CUT, "flows", "unnamed_payload_cut")             \
	X(STREAMS_REFUSED, "flows", "reassembly_refused")        \
	X(HOSTS_REFUSED, "flows", "host_state_refused")          \
	X(PENALTIES_BEGUN, "penalties", "begun")                 \
	X(PENALTIES_CAUGHT, "penalties", "caught")               \
	X(PENALTIES_EVICTED, "penalties", "evicted")             \
	X(CONNECTIONS_COUNTED, "connections", "counted")         \
	X(CONNECTIONS_OVER, "connections", "over")               \
	X(CONNECTIONS_EVICTED, "connections", "evicted")         \
	X(MADE, "made", "packets")                               \
	X(MADE_UNSENT, "made", "unsent")

enum counter_event {
#define X(name, group, word) EVENT_##name,
	COUNTER_EVENTS(X)
#undef X
		EVENT_COUNT,
};

struct counter_event_name {
	const char *group, *word;
};

extern const struct counter_event_name counter_event_names[EVENT_COUNT];

struct counters {
	uint32_t rule_count, port_count; /* rows in use */
	struct fates *rules; /* by rule.slot: packets of flows that a rule has been decided for,
				from then on */
	struct fates *ports;
	uint64_t events[EVENT_COUNT];
};

/* `rules`: rows there is room for (zero and untouched until they are used); all count as in use. */
bool counters_begin(struct counters *counters, uint32_t rules, uint32_t ports);
void counters_end(struct counters *counters);

/* sum += part; `sum` has the ports of `part` and at least its rows. */
void counters_add(struct counters *sum, const struct counters *part);

/* All ports together. */
struct fates counters_total(const struct counters *counters);

static inline void tally_count(struct tally *tally, uint32_t bytes)
{
	tally->packets++;
	tally->bytes += bytes;
}

static inline void fates_count(struct fates *fates, const struct verdict *verdict, uint32_t bytes)
{
	tally_count(&fates->received, bytes);
	tally_count(verdict->fate == FATE_FORWARD ? &fates->forwarded
		    : verdict->fate == FATE_HOLD  ? &fates->held
						  : &fates->dropped[verdict->drop],
		bytes);
}

/* A packet that was counted in `from` (forwarded or held) fares otherwise: `why` as dropped, or
 * DROP_NONE as forwarded. */
static inline void fates_move(
	struct fates *fates, struct tally *from, uint32_t bytes, enum drop_reason why)
{
	from->packets--;
	from->bytes -= bytes;
	tally_count(why ? &fates->dropped[why] : &fates->forwarded, bytes);
}

#endif
