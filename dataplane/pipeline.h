/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet pipeline of one shard: a pure function of (bytes, time, seed). The live dataplane and
 * the offline replay run this code; it reads no clock, draws from no generator, does no I/O.
 *
 * Packets go in in bursts, each with its time; verdicts come out. What a flow was is told once,
 * when it ends. Which shard a flow belongs to is pipeline_shard()'s answer, so that flows that
 * share a bucket meet in one place and results do not depend on the number of workers.
 */
#ifndef SLUICE_PIPELINE_H
#define SLUICE_PIPELINE_H

#include "dataplane/counters.h"
#include "dataplane/flow.h"
#include "dataplane/lifetime.h"
#include "dataplane/ruleset.h"
#include "dataplane/shard.h"
#include "dataplane/shared.h"
#include "dataplane/verdict.h"

#include <stdbool.h>
#include <stdint.h>

enum { BURST = 32 };

/* Valid during the call only. */
struct flow_ended {
	const struct ruleset *ruleset; /* in force: ruleset_rule_id() of flow->rule is its rule,
					  also when that has gone since */
	const struct flow *flow;
	const struct flow_record *record;
	struct span name;
	struct span hello; /* texts of its ClientHello that somebody asked for (hello_texts.h) */
	enum flow_ending ending;
};

struct pipeline_options {
	const struct ruleset *ruleset;
	struct shared_states *shared; /* of `per: rule`, the same for all pipelines that together
					 are one box; NULL: this pipeline's own */
	const struct prefixes *inside;
	const struct prefixes *scope; /* packets with an end elsewhere are forwarded, counted, and
					 not looked at; NULL: all are in scope (files) */
	uint64_t seed;                /* of every draw */
	uint64_t table_seed;          /* of hash tables: changes no result */
	uint32_t flows;               /* most live flows */
	uint32_t hold;                /* most packets held at once */
	uint16_t ports;
	bool growing;      /* tables start small (replay) or at full size (live) */
	bool ndpi_alone;   /* classes come from nDPI only, for comparisons */
	bool fingerprints; /* keep those of every ClientHello, and what first payloads look like */
	bool guess_ports;  /* let nDPI guess by port when nothing else is known */
	void (*ended)(void *context, const struct flow_ended *ended);
	void *context;
};

struct pipeline;

/* NULL when memory cannot be had. About 15 ms: nDPI is loaded. */
struct pipeline *pipeline_new(const struct pipeline_options *options);
void pipeline_free(struct pipeline *pipeline); /* flows still live are forgotten untold */

/*
 * From the next burst on `ruleset` is in force; it must come from ruleset_succeed() (succession.h)
 * over the one before, and live until the next adoption. When this returns the pipeline holds no
 * pointer into the old one. Flows are left alone: each meets the new ruleset at its next packet.
 * O(1), but O(slots) when some rules have rows that were others' before (or, without
 * options.shared, buckets of their own); the system is asked for address space when lists become
 * many more.
 */
void pipeline_adopt(struct pipeline *pipeline, const struct ruleset *ruleset);

/* Any number of packets; time_ns must not run backwards. verdicts[i] is filled for packets[i]. */
void pipeline_burst(struct pipeline *pipeline, const struct packet *const packets[],
	struct verdict *const verdicts[], unsigned count);

/* What the caller keeps with a packet whose verdict may still change; call it before the next burst
 * or pipeline_adopt(). */
struct held pipeline_held(const struct pipeline *pipeline, const struct packet *packet,
	const struct verdict *verdict);

/* FATE_HOLD: it went out (DROP_NONE), or had to be dropped after all. */
void pipeline_release(struct pipeline *pipeline, const struct held *held, enum drop_reason why);

/* What the box makes in answer to a packet, as long as the caller keeps it (reset.h); `port`: where
 * it would have come in, had its supposed sender sent it. Said to pipeline_release() and _refuse()
 * like any other it counts apart. */
static inline struct held pipeline_made(uint16_t port)
{
	return (struct held){.port = port, .counted = HELD_MADE};
}

/* FATE_FORWARD, but it was not sent: DROP_TX_FULL, DROP_LINK_DOWN, DROP_TOO_LONG. To be said before
 * the counters are next read, or they would not only grow. */
void pipeline_refuse(struct pipeline *pipeline, const struct held *held, enum drop_reason why);

/* A packet that came in and will never get to pipeline_burst(): DROP_HAND_OVER_FULL. */
void pipeline_turn_away(
	struct pipeline *pipeline, const struct packet *packet, enum drop_reason why);

/* Ends flows that are idle at now_ns: of the whole table (groups 0), O(slots), or of the next so
 * many groups of 32 slots, so that a live box never stops for long. A flow ends at its next packet
 * in any case: what depends on when this is called is memory, and whom a full table has room for.
 */
void pipeline_expire(struct pipeline *pipeline, uint64_t now_ns, uint32_t groups);

/* Ends all flows: calls `ended` in no particular order. */
void pipeline_finish(struct pipeline *pipeline);

const struct counters *pipeline_counters(struct pipeline *pipeline);

uint32_t pipeline_flows(const struct pipeline *pipeline);    /* live now */
uint64_t pipeline_held_now(const struct pipeline *pipeline); /* packets */

/* Names for verdict.master and verdict.app. */
const char *pipeline_app_name(const struct pipeline *pipeline, uint16_t app);

#endif
