/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * B2: what a packet of an established flow costs from its bytes to its verdict: parse, scope,
 * lookup, account, and a policer for a tenth of the flows. The peer does the same with DPDK's
 * rte_hash and rte_meter and nothing else.
 */
#include "control/bench/contest.h"
#include "control/bench/traffic.h"
#include "control/rules.h"
#include "control/scope.h"

#include "dataplane/io/peer_loop.h"
#include "dataplane/io/tsc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BURSTS = 1 << 16, STEP_NS = 20, OPENING_NS = 1000 };

static const char document[] =
	"sluice: 1\n"
	"id: bench\n"
	"rules:\n"
	"  - id: tenth\n"
	"    when: {server: [198.19.0.0/16, \"fd00:b:8000::/33\"]}\n"
	"    then:\n"
	"      - police: {rate: 10Mbit/s, burst: 100kB, count: l3, per: flow}\n"
	"  - {id: rest, when: {proto: udp}}\n";

struct run {
	struct rules *rules;
	struct scope scope, inside;
	struct pipeline *pipeline;
	struct traffic traffic;
	struct packet packets[BURST];
	struct verdict verdicts[BURST];
	const struct packet *packet_of[BURST];
	struct verdict *verdict_of[BURST];
	uint64_t now_ns;
};

static void end(void *state)
{
	struct run *run = state;

	pipeline_free(run->pipeline);
	rules_free(run->rules);
	scope_free(&run->scope);
	scope_free(&run->inside);
	free(run);
}

static void process(struct run *run, const struct traffic_frame *frames, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct packet *packet = &run->packets[i];

		packet_parse(
			packet, LINK_ETHERNET, frames[i].bytes, frames[i].length, frames[i].length);
		packet->port = 0;
		packet->time_ns = run->now_ns;
	}
	pipeline_burst(run->pipeline, run->packet_of, run->verdict_of, count);
}

static void open_flows(struct run *run, const struct setting *setting)
{
	struct traffic_frame frames[2];

	for (uint32_t flow = 0; flow < setting->flows; flow++) {
		traffic_open(&frames[0], setting, flow, 0);
		traffic_open(&frames[1], setting, flow, 1);
		run->now_ns += OPENING_NS;
		process(run, frames, 2);
	}
}

static bool prepare(struct run *run, const struct setting *setting, struct failure *failure)
{
	const char *scope[] = {"10.0.0.0/8", "198.18.0.0/15", "fd00:a::/32", "fd00:b::/32"};
	const char *inside[] = {"10.0.0.0/8", "fd00:a::/32"};
	struct option_list scopes = {scope, 4}, insides = {inside, 2};
	struct pipeline_options options = {.flows = setting->flows, .ports = 1, .table_seed = 1};

	run->rules = rules_load_text("bench", document, sizeof(document) - 1, NULL, 0, failure);
	if (!run->rules || !scope_read(&run->scope, "--scope", &scopes, failure) ||
		!scope_read_within(&run->inside, "--inside", &insides, &run->scope, failure))
		return false;
	options.ruleset = rules_compiled(run->rules);
	options.scope = run->scope.set;
	options.inside = run->inside.set;
	options.flows += options.flows / 3; /* a quarter may be opening, each for a moment */
	run->pipeline = pipeline_new(&options);
	return run->pipeline || failure_set(failure, EXIT_REFUSED, "out of memory");
}

static void *begin(const struct setting *setting, struct failure *failure)
{
	struct run *run = aligned_alloc(64, (sizeof(*run) + 63) & ~63ul);

	if (!run) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	memset(run, 0, sizeof(*run));
	for (unsigned i = 0; i < BURST; i++) {
		run->packet_of[i] = &run->packets[i];
		run->verdict_of[i] = &run->verdicts[i];
	}
	if (!prepare(run, setting, failure)) {
		end(run);
		return NULL;
	}
	open_flows(run, setting);
	traffic_begin(&run->traffic, setting, 1);
	return run;
}

/* All flows must be there still, or something else was measured. */
static double trial(void *state)
{
	struct run *run = state;
	uint64_t ticks = 0;

	for (unsigned i = 0; i < BURSTS; i++) {
		uint64_t begin_ticks;

		traffic_next(&run->traffic);
		run->now_ns += STEP_NS * BURST;
		begin_ticks = tsc_now();
		process(run, run->traffic.frames, BURST);
		ticks += tsc_now() - begin_ticks;
	}
	if (pipeline_flows(run->pipeline) != run->traffic.setting.flows)
		return NAN;
	return (double)ticks / BURSTS / BURST;
}

/* The peer */

struct peer_run {
	struct peer_loop *loop;
	struct traffic traffic;
	uint64_t now_ns;
};

static void end_peer(void *state)
{
	struct peer_run *run = state;

	peer_loop_free(run->loop);
	free(run);
}

static void *begin_peer(const struct setting *setting, bool bulk, struct failure *failure)
{
	struct peer_run *run = aligned_alloc(64, (sizeof(*run) + 63) & ~63ul);
	struct traffic_frame frame;

	if (run)
		memset(run, 0, sizeof(*run));
	if (run)
		run->loop = peer_loop_new(setting->flows, bulk);
	if (!run || !run->loop) {
		failure_set(
			failure, EXIT_REFUSED, "rte_hash for %u flows: no memory", setting->flows);
		free(run);
		return NULL;
	}
	for (uint32_t flow = 0; flow < setting->flows; flow++) {
		traffic_open(&frame, setting, flow, 0);
		peer_loop_open(run->loop, frame.bytes, frame.length);
	}
	traffic_begin(&run->traffic, setting, 1);
	return run;
}

static void *begin_bulk(const struct setting *setting, struct failure *failure)
{
	return begin_peer(setting, true, failure);
}

static void *begin_single(const struct setting *setting, struct failure *failure)
{
	return begin_peer(setting, false, failure);
}

static double trial_peer(void *state)
{
	struct peer_run *run = state;
	uint64_t ticks = 0;

	for (unsigned i = 0; i < BURSTS; i++) {
		const uint8_t *frames[BURST];
		uint64_t begin_ticks;

		traffic_next(&run->traffic);
		for (unsigned j = 0; j < BURST; j++)
			frames[j] = run->traffic.frames[j].bytes;
		run->now_ns += STEP_NS * BURST;
		begin_ticks = tsc_now();
		peer_loop_burst(run->loop, frames, run->traffic.frames[0].length, run->now_ns);
		ticks += tsc_now() - begin_ticks;
	}
	if (peer_loop_missed(run->loop))
		return NAN;
	return (double)ticks / BURSTS / BURST;
}

static const struct setting settings[] = {
	{.label = "1k", .flows = 1000, .order = ORDER_UNIFORM, .ip_version = 4},
	{.label = "100k", .flows = 100000, .order = ORDER_UNIFORM, .ip_version = 4},
	{.label = "1M", .flows = 1000000, .order = ORDER_UNIFORM, .ip_version = 4, .slow = true},
	{.label = "8M", .flows = 8000000, .order = ORDER_UNIFORM, .ip_version = 4, .slow = true},
	{.label = "1k IPv6", .flows = 1000, .order = ORDER_UNIFORM, .ip_version = 6},
	{.label = "1M IPv6",
		.flows = 1000000,
		.order = ORDER_UNIFORM,
		.ip_version = 6,
		.slow = true},
	{.label = "1M VLAN",
		.flows = 1000000,
		.order = ORDER_UNIFORM,
		.ip_version = 4,
		.vlan = true,
		.slow = true},
	{.label = "1M Zipf 1.1",
		.flows = 1000000,
		.order = ORDER_ZIPF,
		.ip_version = 4,
		.slow = true},
	{.label = "1M in turn",
		.flows = 1000000,
		.order = ORDER_ROUND_ROBIN,
		.ip_version = 4,
		.slow = true},
	{.label = NULL},
};

static const struct target targets[] = {
	{"1k", NULL, 35},
	{"100k", NULL, 50},
	{"1M", NULL, 70},
	{"8M", NULL, 100},
	{"1k IPv6", NULL, 1.3 * 35},
	{"1M IPv6", NULL, 1.3 * 70},
	{NULL, NULL, 0},
};

const struct contest contest_pipeline = {
	.id = "B2",
	.title = "packet of an established flow, from bytes to verdict",
	.unit = "TSC cycles a packet",
	.settings = settings,
	.contenders =
		{
			{"sluice", begin, trial, end},
			{"rte_hash bulk, rte_meter", begin_bulk, trial_peer, end_peer},
			{"rte_hash single, rte_meter", begin_single, trial_peer, end_peer},
		},
	.targets = targets,
	.note = "the peers parse, look up, count and meter; they classify and expire nothing",
};
