/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any frames through the whole pipeline, with names, applications, freezing and policing. The
 * first byte chooses the framing; then each frame is a time step, a length of two bytes and that
 * many bytes; a time step of 240 or more is none but another ruleset. Counters close after each
 * frame, the table keeps its limit, and what was told of flows as they ended adds up to the packets
 * that were seen.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "control/rules.h"
#include "dataplane/pipeline.h"
#include "dataplane/reset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* So few that the table is soon full, also of flows that may not be evicted. */
enum { FLOWS = 4, HELD = 4, HEADER = 3, SWAP = 240, DOCUMENTS = 3, RULESETS = 2 * DOCUMENTS };

/* The same ids with other contents, other ids, other ways to read, other buckets. */
static const char *const documents[DOCUMENTS] = {
	"sluice: 1\n"
	"id: fuzz\n"
	"rules:\n"
	"  - {id: exempt, when: {any: [{server: 192.0.2.99}, {client_port: 1}, {not: {initiator: "
	"inside}, "
	"proto: icmp}]}}\n"
	"  - {id: app, when: {app: [SSH, DNS]}}\n"
	"  - {id: named, when: {name: ['**.t.co', '*x*']}, state: {idle: 60s, cleared_by: [fin, "
	"rst, "
	"syn]}, inspect: {directions: both, reassembly: {tcp: none, tls_records: first}, budget: "
	"{packets: 3, give_up_on_unrecognised_over: 100B}}, then: [police: {rate: 8kbit/s, burst: "
	"1500B, count: l3, per: [inside-host, direction]}]}\n"
	"  - {id: read, when: {tls.sni: ['*e*']}, inspect: {directions: up, reassembly: {tcp: "
	"in-order}, budget: {packets: 5}}, then: [police: {rate: 1Mbit/s, burst: 1518B, count: l2, "
	"per: rule}, drop: {probability: 0.5}]}\n"
	"  - {id: cut, when: {server_port: 1-1023}, then: [rst: {count: 3, sequence: "
	"spread, ttl: 250, ttl_step: 9}, freeze: {after: 5 packets}]}\n",

	"sluice: 1\n"
	"id: fuzz\n"
	"rules:\n"
	"  - {id: read, when: {tls.sni: ['*e*']}, inspect: {directions: up, reassembly: {tcp: "
	"in-order}, budget: {packets: 5}}, state: {residual: 2s, timeouts: {syn_sent: 1s, closing: "
	"1us}}, then: [police: {rate: 1Mbit/s, burst: 1518B, count: l2, per: rule, begins: [1B, "
	"2kB]}, drop: {probability: 0.5, begins: [1 packets, 3 packets]}]}\n"
	"  - {id: named, on_change: keep, when: {name: ['**.t.co']}, then: [police: {rate: "
	"9kbit/s, "
	"burst: 1500B, count: l3, per: flow}]}\n"
	"  - {id: often, when: {name: ['*o*'], connections: {over: 2, within: 3s, per: [client/24, "
	"name, tls.ja4]}}, then: [rewrite: {to: rst-ack}, drop]}\n"
	"  - {id: new, when: {not: {server_port: 1-1023}}, then: [police: {rate: 9kbit/s, burst: "
	"1500B, count: payload}, delay: {distribution: normal, mean: 1ms, deviation: 1s}, shape: "
	"{rate: 8kbit/s, burst: 1500B, count: l3, queue: [1500B, 2s], per: rule}]}\n",

	"sluice: 1\n"
	"id: fuzz\n"
	"rules:\n"
	"  - {id: cut, on_change: keep, when: {server_port: 1-1024}, state: {idle: 1s, residual: "
	"1s, key: client, refresh: yes, cleared_by: [remote_syn]}, then: "
	"[drop: "
	"{probability: 0.5}, loss: {p: 0.1, r: 0.1}, delay: {distribution: pareto, min: 1us, "
	"alpha: 0.01, reorder: true}]}\n"
	"  - {id: named, on_change: keep, when: {http.host: ['**.t.co']}, inspect: {reassembly: "
	"{tcp: "
	"none}}, then: [police: {rate: 8kbit/s, burst: 9kB, count: l3, per: [inside-host, "
	"direction]}]}\n",
};

struct sum {
	uint64_t flows, packets;
};

static void ended(void *context, const struct flow_ended *flow)
{
	struct sum *sum = context;

	assert(flow->name.len <= 255 && flow->flow->last_ns >= flow->record->first_ns);
	sum->flows++;
	sum->packets += flow_packets(flow->flow, flow->record);
}

/* What is held, let go when there is a new ruleset and at the end; no more than the limit. */
static struct held held[HELD];
static unsigned held_count;

static void let_go(struct pipeline *pipeline)
{
	while (held_count)
		pipeline_release(pipeline, &held[--held_count], DROP_NONE);
}

static void check_closed(const struct fates *fates)
{
	uint64_t packets = fates->forwarded.packets + fates->held.packets;
	uint64_t bytes = fates->forwarded.bytes + fates->held.bytes;

	for (int drop = 0; drop < DROP_COUNT; drop++) {
		packets += fates->dropped[drop].packets;
		bytes += fates->dropped[drop].bytes;
	}
	assert(packets == fates->received.packets && bytes == fates->received.bytes);
}

/* What is made in answer: to either end, readable, a reset without payload. */
static void check_answers(
	const struct packet *packet, enum link_layer link, const struct verdict *verdict)
{
	for (unsigned n = 0; n < reset_count(verdict->reset); n++) {
		uint8_t frame[RESET_BYTES_MAX];
		bool back;
		uint32_t bytes = reset_make(verdict, packet, link, n, frame, &back);
		struct packet made;

		if (!bytes)
			continue;
		assert(bytes <= RESET_BYTES_MAX);
		packet_parse(&made, link, frame, bytes, bytes);
		assert(made.kind == PACKET_FLOW && made.proto == PROTO_TCP);
		assert(made.tcp_flags == (TCP_RST | TCP_ACK) && !made.payload_bytes);
		assert((made.source_port == packet->source_port) == !back ||
			packet->source_port == packet->destination_port);
	}
}

/* One frame from a heap block of its exact size; true when it belonged to a flow. */
static bool play(struct pipeline *pipeline, const struct ruleset *ruleset, enum link_layer link,
	struct packet *packet, const uint8_t *bytes, uint32_t len)
{
	uint8_t *copy = malloc(len);
	struct verdict verdict, *into = &verdict;
	const struct packet *one = packet;

	if (len)
		memcpy(copy, bytes, len);
	packet_parse(packet, link, copy, len, len + (packet->index % 3 == 0 ? 50 : 0));
	pipeline_burst(pipeline, &one, &into, 1);
	if (verdict.fate == FATE_HOLD) {
		assert(held_count < HELD && verdict.leaves_ns > packet->time_ns);
		held[held_count++] = pipeline_held(pipeline, packet, &verdict);
	}
	if (verdict.reset)
		check_answers(packet, link, &verdict);
	free(copy);
	assert(verdict.rule >= RULE_UNDECIDED || ruleset_rule(ruleset, verdict.rule));
	assert(verdict.fate == FATE_FORWARD || verdict.counted < ruleset->slot_count);
	assert(verdict.reason < REASON_COUNT && verdict.flow <= packet->index);
	return verdict.flow;
}

static void check_counters(struct pipeline *pipeline, uint64_t packets, uint64_t told)
{
	const struct counters *counters = pipeline_counters(pipeline);

	check_closed(&counters->ports[0]);
	for (uint32_t rule = 0; rule < counters->rule_count; rule++)
		check_closed(&counters->rules[rule]);
	assert(counters->ports[0].received.packets == packets);
	assert(counters->events[EVENT_FLOWS_CREATED] - told <= FLOWS);
}

/* Two of each document, so that one can follow its like. Loaded once. */
static struct rules **rulesets(void)
{
	static struct rules *rules[RULESETS];
	struct failure failure = {0};

	for (int i = 0; i < RULESETS && !rules[RULESETS - 1]; i++) {
		const char *text = documents[i % DOCUMENTS];

		rules[i] = rules_load_text("fuzz", text, strlen(text), NULL, 0, &failure);
		if (!rules[i])
			abort();
	}
	return rules;
}

/* What is in force gives way to ruleset `next` (or to its like, as none follows itself). */
static void swap(struct pipeline *pipeline, unsigned *now, unsigned next)
{
	struct rules **rules = rulesets();

	let_go(pipeline);
	if (next == *now)
		next = (next + DOCUMENTS) % RULESETS;
	if (!rules_succeed(rules[next], rules_compiled(rules[*now])))
		abort();
	pipeline_adopt(pipeline, rules_compiled(rules[next]));
	*now = next;
}

static const struct prefixes *inside(void)
{
	static struct prefixes *prefixes;

	if (!prefixes)
		prefixes = prefixes_private();
	return prefixes;
}

/* Kept from input to input, as loading nDPI takes a thousand times longer than playing one; all
 * flows end with each input, so only nDPI's own caches go on. */
static struct pipeline *pipeline_of(struct sum *sum)
{
	static struct pipeline *pipeline;
	struct pipeline_options options = {.ruleset = rules_compiled(rulesets()[0]),
		.inside = inside(),
		.flows = FLOWS,
		.hold = HELD,
		.ports = 1,
		.growing = true,
		.ended = ended,
		.context = sum};

	if (!pipeline)
		pipeline = pipeline_new(&options);
	if (!pipeline)
		abort();
	return pipeline;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sum sum;
	static struct packet packet; /* its time and index go on */
	static uint64_t with_flow;
	static unsigned now; /* ruleset in force */
	struct pipeline *pipeline = pipeline_of(&sum);
	size_t at = 1;

	swap(pipeline, &now, 0);

	while (at + HEADER <= size) {
		size_t len = data[at + 1] << 8 | data[at + 2];

		if (data[at] >= SWAP) {
			swap(pipeline, &now, data[at] % RULESETS);
			at++;
			continue;
		}
		packet.time_ns += 1ull << data[at] % 40;
		packet.index++;
		at += HEADER;
		len = len < size - at ? len : size - at;
		with_flow += play(pipeline, rules_compiled(rulesets()[now]),
			data[0] % (LINK_PPP + 1), &packet, data + at, len);
		at += len;
		check_counters(pipeline, packet.index, sum.flows);
	}
	let_go(pipeline);
	pipeline_finish(pipeline);
	assert(sum.flows == pipeline_counters(pipeline)->events[EVENT_FLOWS_CREATED]);
	assert(sum.packets == with_flow);
	return 0;
}
