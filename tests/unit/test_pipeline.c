/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

#include "dataplane/prng.h"

#define PASS_ALL "  - {id: all, when: {proto: [tcp, udp, icmp]}, state: {idle: 600s}}\n"

static const struct segment out = {
	.from = {"10.0.0.1", 1000}, .to = {"192.0.2.1", 443}, .proto = PROTO_TCP, .flags = TCP_ACK};
static const struct segment back = {
	.from = {"192.0.2.1", 443}, .to = {"10.0.0.1", 1000}, .proto = PROTO_TCP, .flags = TCP_ACK};

static struct segment at(struct segment segment, uint64_t time_ns)
{
	segment.time_ns = time_ns;
	return segment;
}

static struct segment flagged(struct segment segment, uint8_t flags, uint32_t payload_bytes)
{
	segment.flags = flags;
	segment.payload_bytes = payload_bytes;
	return segment;
}

static void what_a_verdict_says(void **state)
{
	const struct {
		const struct segment *segment;
		uint64_t flow;
		uint32_t flow_packet;
		uint8_t direction;
	} rows[] = {
		{&out, 1, 1, DIRECTION_UP},
		{&back, 1, 2, DIRECTION_DOWN},
		{&out, 1, 3, DIRECTION_UP},
		{&(struct segment){
			 .from = {"192.0.2.1", 1000}, .to = {"10.0.0.1", 443}, .proto = PROTO_TCP},
			4, 1, DIRECTION_UP},
		{&(struct segment){
			 .from = {"10.0.0.1", 443}, .to = {"192.0.2.1", 1000}, .proto = PROTO_TCP},
			4, 2, DIRECTION_DOWN},
		{&(struct segment){
			 .from = {"2001:db8::9", 5}, .to = {"2001:db8::1", 6}, .proto = PROTO_UDP},
			6, 1, DIRECTION_UP},
		{&(struct segment){
			 .from = {"2001:db8::1", 6}, .to = {"2001:db8::9", 5}, .proto = PROTO_UDP},
			6, 2, DIRECTION_DOWN},
		{&back, 1, 4, DIRECTION_DOWN},
	};
	struct wire wire;

	wire_begin(&wire, PASS_ALL, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verdict verdict = wire_send(&wire, rows[i].segment);

		assert_int_equal(verdict.flow, rows[i].flow);
		assert_int_equal(verdict.flow_packet, rows[i].flow_packet);
		assert_int_equal(verdict.direction, rows[i].direction);
		assert_int_equal(verdict.fate, FATE_FORWARD);
		assert_int_equal(verdict.rule, 0);
		assert_int_equal(verdict.reason, DECISION_HEADER);
	}
	/* of the three flows one has no inside end */
	assert_int_equal(wire_event(&wire, EVENT_FLOWS_NO_SIDE), 1);
	assert_int_equal(wire_event(&wire, EVENT_FLOWS_CREATED), 3);
	wire_end(&wire);
	assert_int_equal(wire.endings[ENDING_INPUT], 3);
	assert_int_equal(wire.ended_packets, 8);
}

static void what_a_flow_was(void **state)
{
	struct segment last = flagged(back, TCP_ACK | TCP_PSH, 1000);
	struct wire wire;

	wire_begin(&wire, PASS_ALL, NULL);
	wire_send(&wire, &(struct segment){.time_ns = 5,
				 .from = out.from,
				 .to = out.to,
				 .proto = PROTO_TCP,
				 .flags = TCP_SYN});
	last.time_ns = 9;
	wire_send(&wire, &last);
	wire_end(&wire);
	assert_int_equal(wire.record.id, 1);
	assert_int_equal(wire.record.first_ns, 5);
	assert_int_equal(wire.flow.last_ns, 9);
	assert_int_equal(wire.flow.packets[DIRECTION_UP], 1);
	assert_int_equal(wire.flow.bytes[DIRECTION_UP], 40); /* headers of IPv4 and TCP */
	assert_int_equal(wire.flow.bytes[DIRECTION_DOWN], 1040);
	assert_int_equal(wire.record.payload_bytes[DIRECTION_UP], 0);
	assert_int_equal(wire.record.payload_bytes[DIRECTION_DOWN], 1000);
	assert_int_equal(wire.record.client_port, 1000);
	assert_int_equal(wire.record.server_port, 443);
	assert_memory_equal(wire.record.client, "\x0a\x00\x00\x01", 4);
	assert_memory_equal(wire.record.server, "\xc0\x00\x02\x01", 4);
	assert_int_equal(wire.record.initiator, INITIATOR_INSIDE);
	assert_int_equal(wire.flow.tcp_flags, TCP_SYN | TCP_ACK | TCP_PSH);
	assert_int_equal(wire.record.decided_at, 1);
}

/* A second packet after so long belongs to the same flow, or not. */
static void idle_flows_expire_on_touch(void **state)
{
	static const struct {
		const char *rules;
		uint64_t silence_ns;
		bool same;
	} rows[] = {
		{"  - {id: a, when: {proto: tcp}, state: {idle: 600s}}\n", 590 * SECOND_NS, true},
		{"  - {id: a, when: {proto: tcp}, state: {idle: 600s}}\n", 660 * SECOND_NS, false},
		{"  - {id: a, when: {proto: tcp}, state: {idle: 600s}}\n", 600 * SECOND_NS - 1,
			true},
		{"  - {id: a, when: {proto: tcp}, state: {idle: 600s}}\n", 600 * SECOND_NS, false},
		{"  - {id: a, when: {proto: tcp}, state: {idle: 60s}}\n", 60 * SECOND_NS, false},
		{"  - {id: a, when: {proto: tcp}, state: {idle: 24h}}\n", 86399 * SECOND_NS, true},
		/* without a rule: the longest of any rule, 600 s at least */
		{"  - {id: a, when: {proto: udp}, state: {idle: 60s}}\n", 599 * SECOND_NS, true},
		{"  - {id: a, when: {proto: udp}, state: {idle: 60s}}\n", 600 * SECOND_NS, false},
		{"  - {id: a, when: {proto: udp}, state: {idle: 700s}}\n", 699 * SECOND_NS, true},
		{"  - {id: a, when: {proto: udp}, state: {idle: 700s}}\n", 700 * SECOND_NS, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t start = 0; start <= 1; start++) {
			struct segment first = at(out, start * 1790000000 * SECOND_NS);
			struct segment second = at(back, first.time_ns + rows[i].silence_ns);
			struct verdict verdict;
			struct wire wire;

			wire_begin(&wire, rows[i].rules, NULL);
			wire_send(&wire, &first);
			verdict = wire_send(&wire, &second);
			assert_int_equal(verdict.flow, rows[i].same ? 1 : 2);
			assert_int_equal(wire.endings[ENDING_IDLE], rows[i].same ? 0 : 1);
			assert_int_equal(wire_event(&wire, EVENT_FLOWS_EXPIRED), !rows[i].same);
			/* who was the client is not remembered either */
			assert_int_equal(
				verdict.direction, rows[i].same ? DIRECTION_DOWN : DIRECTION_UP);
			wire_end(&wire);
		}
	}
}

static void expiry_ends_what_is_idle(void **state)
{
	struct segment other = at(out, 10 * SECOND_NS);
	struct wire wire;

	wire_begin(&wire, PASS_ALL, NULL);
	wire_send(&wire, &out);
	other.from.port++;
	wire_send(&wire, &other);
	pipeline_expire(wire.pipeline, 600 * SECOND_NS - 1);
	assert_int_equal(wire.ended, 0);
	pipeline_expire(wire.pipeline, 600 * SECOND_NS);
	assert_int_equal(wire.endings[ENDING_IDLE], 1);
	assert_int_equal(wire.record.client_port, 1000);
	pipeline_expire(wire.pipeline, 610 * SECOND_NS);
	assert_int_equal(wire.endings[ENDING_IDLE], 2);
	assert_int_equal(wire_live(&wire), 0);
	wire_end(&wire);
}

/* s SYN, S SYN+ACK, d data up, D data down, f FIN up, F FIN down, r RST, a ACK; a '|' stands
 * where the next packet is the first of another flow. */
static void clearing(void **state)
{
	static const struct {
		const char *cleared_by, *packets;
	} rows[] = {
		{"[]", "sSadDfFasSadDrasSad"},
		{"[fin]", "sSadDf|F|asSadDrad"},
		{"[rst]", "sSadDfFar|sSadDr|s"},
		{"[syn]", "sSadDfFa|sSadDr|sS"},
		{"[syn]", "ssSSaa"}, /* repeated before anything was sent */
		{"[syn]", "sSdS"},   /* SYN+ACK opens nothing */
		{"[syn]", "sSadad|sD"},
		{"[syn]", "sr|s"}, /* refused, and again */
		{"[syn]", "sf|s"},
		{"[fin, rst]", "sdf|ar|a"},
		{"[fin, rst, syn]", "sd|sdf|sr|sd"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t flow = 1, cleared = 0;
		struct wire wire;
		char rules[128];

		snprintf(rules, sizeof(rules),
			"  - {id: a, when: {proto: tcp}, state: {cleared_by: %s}}\n",
			rows[i].cleared_by);
		wire_begin(&wire, rules, NULL);
		for (const char *c = rows[i].packets; *c; c++) {
			static const uint8_t flags[] = {['s'] = TCP_SYN,
				['S'] = TCP_SYN | TCP_ACK,
				['d'] = TCP_ACK,
				['D'] = TCP_ACK,
				['f'] = TCP_FIN | TCP_ACK,
				['F'] = TCP_FIN | TCP_ACK,
				['r'] = TCP_RST,
				['a'] = TCP_ACK};
			struct segment segment;

			if (*c == '|') {
				flow = wire.packets + 1;
				cleared++;
				continue;
			}
			segment = flagged(*c == 'S' || *c == 'D' || *c == 'F' ? back : out,
				flags[(int)*c], *c == 'd' || *c == 'D' ? 10 : 0);
			if (wire_send(&wire, &segment).flow != flow)
				fail_msg("%s: %s at %s", rows[i].cleared_by, rows[i].packets, c);
		}
		assert_int_equal(wire.endings[ENDING_CLEARED], cleared);
		assert_int_equal(wire_event(&wire, EVENT_FLOWS_CLEARED), cleared);
		wire_end(&wire);
	}
}

/* Without a rule a flow is cleared by what every rule is cleared by. */
static void clearing_without_a_rule(void **state)
{
	static const char rules[] =
		"  - {id: a, when: {proto: udp}, state: {cleared_by: [rst, fin]}}\n"
		"  - {id: b, when: {proto: icmp}, state: {cleared_by: [rst]}}\n";
	struct segment fin = flagged(out, TCP_FIN, 0), rst = flagged(out, TCP_RST, 0);
	struct wire wire;

	wire_begin(&wire, rules, NULL);
	assert_int_equal(wire_send(&wire, &fin).flow, 1);
	assert_int_equal(wire_send(&wire, &rst).flow, 1);
	assert_int_equal(wire_send(&wire, &out).flow, 3);
	wire_end(&wire);
}

/*
 * Who shares a bucket of 1500 bytes: three packets of 500 pass at one moment, from each bucket.
 * Flows in this order, five packets up, then five down: two of one inside host, one of another,
 * and one that comes from outside to the first host.
 */
static void who_shares_a_bucket(void **state)
{
	static const struct end flows[4][2] = {
		{{"10.0.0.1", 1}, {"192.0.2.1", 80}},
		{{"10.0.0.1", 2}, {"192.0.2.1", 80}},
		{{"10.0.0.2", 1}, {"192.0.2.1", 80}},
		{{"192.0.2.9", 9}, {"10.0.0.1", 80}},
	};
	static const struct {
		const char *per;
		int pass[4][2];
	} rows[] = {
		{"flow", {{3, 0}, {3, 0}, {3, 0}, {3, 0}}},
		{"[flow, direction]", {{3, 3}, {3, 3}, {3, 3}, {3, 3}}},
		{"direction", {{3, 3}, {3, 3}, {3, 3}, {3, 3}}},
		{"inside-host", {{3, 0}, {0, 0}, {3, 0}, {0, 0}}},
		{"[inside-host, direction]", {{3, 3}, {0, 0}, {3, 3}, {0, 0}}},
		{"rule", {{3, 0}, {0, 0}, {0, 0}, {0, 0}}},
		{"[rule, direction]", {{3, 3}, {0, 0}, {0, 0}, {0, 0}}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire wire;
		char rules[512];

		/* the second rule has buckets of its own */
		snprintf(rules, sizeof(rules),
			"  - {id: a, when: {proto: tcp}, then: [police: {rate: 8kbit/s, burst: "
			"1500B, count: l3, per: %s}]}\n"
			"  - {id: b, when: {proto: udp}, then: [police: {rate: 8kbit/s, burst: "
			"1500B, count: l3, per: %s}]}\n",
			rows[i].per, rows[i].per);
		wire_begin(&wire, rules, NULL);
		for (int n = 0; n < 4 * 2 * 2; n++) {
			int flow = n / 2 % 4, down = n % 2, passed = 0;
			struct segment segment = {.time_ns = 77,
				.from = flows[flow][down],
				.to = flows[flow][!down],
				.proto = n < 8 ? PROTO_TCP : PROTO_UDP,
				.payload_bytes = n < 8 ? 460 : 472};

			for (int packet = 0; packet < 5; packet++)
				passed += wire_send(&wire, &segment).fate == FATE_FORWARD;
			if (passed != rows[i].pass[flow][down])
				fail_msg("per %s: flow %d, %s: %d passed", rows[i].per, flow,
					down ? "down" : "up", passed);
		}
		wire_end(&wire);
	}
}

/* A flow's bucket is gone with the flow; a host's and a rule's are not. */
static void buckets_and_the_end_of_flows(void **state)
{
	static const struct {
		const char *per;
		int pass_again;
	} rows[] = {{"flow", 3}, {"inside-host", 0}, {"rule", 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct segment data = flagged(out, TCP_ACK, 460), rst = flagged(out, TCP_RST, 0);
		int passed = 0;
		struct wire wire;
		char rules[256];

		snprintf(rules, sizeof(rules),
			"  - {id: a, when: {proto: tcp}, state: {cleared_by: [rst]}, then: "
			"[police: {rate: 8kbit/s, burst: 1500B, count: l3, per: %s}]}\n",
			rows[i].per);
		wire_begin(&wire, rules, NULL);
		for (int n = 0; n < 4; n++)
			wire_send(&wire, &data);
		wire_send(&wire, &rst);
		for (int n = 0; n < 4; n++)
			passed += wire_send(&wire, &data).fate == FATE_FORWARD;
		assert_int_equal(passed, rows[i].pass_again);
		wire_end(&wire);
	}
}

/* Steps are taken in order until one drops; what a later step would have counted is not touched. */
static void steps_in_order(void **state)
{
	static const char rules[] = "  - {id: a, when: {proto: tcp}, then: [freeze: {after: 2 "
				    "packets, direction: up, drops: up}, "
				    "police: {rate: 8kbit/s, burst: 1500B, count: l3}]}\n";
	static const int kinds[] = {-1, -1, 2, 2, -1, 0}; /* rows of throttle_kinds, -1 passed */
	struct wire wire;

	wire_begin(&wire, rules, NULL);
	for (int n = 0; n < 6; n++) {
		struct segment data = flagged(n < 4 ? out : back, TCP_ACK, 460);
		struct verdict verdict = wire_send(&wire, &data);

		assert_int_equal(verdict.fate, kinds[n] < 0 ? FATE_FORWARD : FATE_DROP);
		if (kinds[n] >= 0)
			assert_int_equal(verdict.kind, kinds[n]);
	}
	wire_end(&wire);
	assert_int_equal(wire.record.dropped[DIRECTION_UP], 2);
	assert_int_equal(wire.record.dropped[DIRECTION_DOWN], 1);
}

#define THROTTLED                                                                                \
	"  - {id: exempt, when: {server: 192.0.2.0/30}}\n"                                       \
	"  - {id: named, when: {tls.sni: ['**.t.co']}, inspect: {directions: both, reassembly: " \
	"{tcp: full}, budget: {packets: 4}}, state: {idle: 30s, cleared_by: [rst]}, then: "      \
	"[police: {rate: 140kbit/s, burst: 17500B, count: l3, per: [flow, direction]}]}\n"       \
	"  - {id: udp, when: {proto: udp}, state: {idle: 20s}, then: [drop: {after: 2 packets, " \
	"probability: 0.5, per: packet}]}\n"                                                     \
	"  - {id: ports, when: {server_port: 1000-1003}, then: [freeze: {after: 5 packets}]}\n"

/* Packet n of a made-up trace: 400 five-tuples of both families that come and go. */
static void random_frame(struct frame *frame, uint64_t n)
{
	static uint8_t hello[128];
	uint64_t draw = prng_draw(2021, n), flow = draw % 400;
	bool reply = draw >> 20 & 1, ipv6 = flow % 4 == 0;
	char inside[64], outside[64];
	struct segment segment = {.time_ns = n * SECOND_NS / 50,
		.proto = flow % 3 ? PROTO_TCP : PROTO_UDP,
		.flags = draw >> 21 & 31,
		.seq = 1000,
		.payload_bytes = draw >> 30 & 1 ? draw >> 31 & 1023 : 0};

	snprintf(inside, sizeof(inside), ipv6 ? "2001:db8:1::%x" : "10.0.0.%u",
		(unsigned)flow % 50 + 1);
	snprintf(outside, sizeof(outside), ipv6 ? "2001:db8:2::%x" : "192.0.2.%u",
		(unsigned)flow / 50 + 1);
	segment.from = (struct end){reply ? outside : inside, reply ? 1000 + flow % 7 : flow};
	segment.to = (struct end){reply ? inside : outside, reply ? flow : 1000 + flow % 7};
	if (segment.proto == PROTO_TCP && draw >> 50 & 1) {
		segment.payload_bytes = frame_hello(hello, flow % 2 ? "www.t.co" : "example.org");
		segment.payload = hello;
	}
	frame_make(frame, &segment);
	frame->packet.index = n + 1;
	frame->packet.port = n % 3;
}

enum { TRACE = 20000, STRETCH = 100 };

struct outcome {
	struct verdict verdicts[TRACE];
	uint64_t events[EVENT_COUNT];
	uint64_t ended, ended_packets;
};

/* Plays the made-up trace, `burst` packets at a time, and lets idle flows go as often as asked. */
static struct outcome *play(
	const struct pipeline_options *options, unsigned burst, uint64_t expire_every)
{
	static struct frame frames[STRETCH];
	struct outcome *outcome = calloc(1, sizeof(*outcome));
	struct pipeline_options three_ports = *options;
	const struct packet *packets[STRETCH];
	struct verdict *verdicts[STRETCH];
	struct wire wire;

	three_ports.ports = 3;
	wire_begin(&wire, THROTTLED, &three_ports);
	for (uint64_t n = 0; n < TRACE; n += STRETCH) {
		for (unsigned i = 0; i < STRETCH; i++) {
			random_frame(&frames[i], n + i);
			packets[i] = &frames[i].packet;
			verdicts[i] = &outcome->verdicts[n + i];
		}
		for (unsigned i = 0; i < STRETCH; i += burst)
			pipeline_burst(wire.pipeline, packets + i, verdicts + i,
				burst < STRETCH - i ? burst : STRETCH - i);
		if (expire_every && n % expire_every == 0)
			pipeline_expire(wire.pipeline, frames[STRETCH - 1].packet.time_ns);
		assert_true(wire_live(&wire) <= three_ports.flows);
	}
	memcpy(outcome->events, pipeline_counters(wire.pipeline)->events, sizeof(outcome->events));
	wire_end(&wire);
	outcome->ended = wire.ended;
	outcome->ended_packets = wire.ended_packets;
	return outcome;
}

static void assert_same_verdicts(const struct outcome *a, const struct outcome *b)
{
	for (int n = 0; n < TRACE; n++) {
		const struct verdict *x = &a->verdicts[n], *y = &b->verdicts[n];

		if (x->flow != y->flow || x->flow_packet != y->flow_packet || x->rule != y->rule ||
			x->master != y->master || x->app != y->app || x->fate != y->fate ||
			x->kind != y->kind || x->reason != y->reason ||
			x->direction != y->direction)
			fail_msg("packet %d differs", n + 1);
	}
	assert_int_equal(a->ended, b->ended);
	assert_int_equal(a->ended_packets, b->ended_packets);
}

/* Where flows lie in the table shows nowhere, also where it is so small that flows are evicted. */
static void table_seeds_change_nothing(void **state)
{
	static const uint32_t limits[] = {10000, 60, 5};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct pipeline_options options = {.flows = limits[i], .seed = 1, .growing = true};
		struct outcome *first = play(&options, 32, 0);

		if (limits[i] == 60)
			assert_true(first->events[EVENT_FLOWS_EVICTED_EMBRYONIC] > 100);
		if (limits[i] == 5)
			assert_true(first->events[EVENT_FLOWS_EVICTED_EMBRYONIC] +
					    first->events[EVENT_FLOWS_UNTRACKED] >
				    100);
		for (uint64_t seed = 1; seed < 4; seed++) {
			struct outcome *other;

			options.table_seed = seed * 0x123456789abcdefull;
			options.growing = seed % 2;
			other = play(&options, 32, 0);
			assert_same_verdicts(first, other);
			assert_memory_equal(first->events, other->events, sizeof(other->events));
			free(other);
		}
		free(first);
	}
}

static void bursts_and_expiry_change_nothing(void **state)
{
	static const struct {
		unsigned burst;
		uint64_t expire_every;
	} rows[] = {{1, 0}, {31, 0}, {33, 0}, {100, 0}, {32, 100}, {7, 1000}};
	struct pipeline_options options = {.flows = 10000, .seed = 1, .growing = true};
	struct outcome *first = play(&options, 32, 0);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome *other = play(&options, rows[i].burst, rows[i].expire_every);

		for (int n = 0; n < TRACE; n++)
			assert_int_equal(other->verdicts[n].fate, first->verdicts[n].fate);
		assert_same_verdicts(first, other);
		free(other);
	}
	free(first);
}

/* Another seed draws otherwise: the trace has thousands of packets with a chance of 0.5. */
static void the_seed_counts(void **state)
{
	struct pipeline_options options = {.flows = 10000, .seed = 1, .growing = true};
	struct outcome *first = play(&options, 32, 0), *other;
	int differences = 0;

	options.seed = 2;
	other = play(&options, 32, 0);
	for (int n = 0; n < TRACE; n++)
		differences += first->verdicts[n].fate != other->verdicts[n].fate;
	assert_true(differences > 100);
	free(first);
	free(other);
}

/* Counters against the verdicts, whenever they are read. */
static void counters_close(void **state)
{
	static const uint32_t limits[] = {10000, 60};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct pipeline_options options = {.flows = limits[i], .ports = 3, .growing = true};
		uint64_t by_rule[4] = {0}, by_port[3] = {0}, drops = 0, counted_drops = 0;
		const struct counters *counters;
		struct fates total;
		struct wire wire;

		wire_begin(&wire, THROTTLED, &options);
		for (uint64_t n = 0; n < TRACE; n++) {
			struct verdict verdict, *into = &verdict;
			const struct packet *packet;
			struct frame frame;

			random_frame(&frame, n);
			packet = &frame.packet;
			pipeline_burst(wire.pipeline, &packet, &into, 1);
			by_port[n % 3]++;
			if (verdict.rule < 4)
				by_rule[verdict.rule]++;
			drops += verdict.fate == FATE_DROP;
			counters = pipeline_counters(wire.pipeline);
			for (int port = 0; port < 3; port++)
				wire_assert_closed(&counters->ports[port]);
			for (int rule = 0; rule < 4; rule++)
				wire_assert_closed(&counters->rules[rule]);
		}
		counters = pipeline_counters(wire.pipeline);
		for (int port = 0; port < 3; port++)
			assert_int_equal(counters->ports[port].received.packets, by_port[port]);
		for (int rule = 0; rule < 4; rule++)
			assert_int_equal(counters->rules[rule].received.packets, by_rule[rule]);
		total = counters_total(counters);
		assert_int_equal(total.received.packets, TRACE);
		for (int kind = 0; kind < THROTTLE_KINDS_MAX; kind++) {
			uint64_t of_rules = 0;

			for (int rule = 0; rule < 4; rule++)
				of_rules += counters->rules[rule].dropped[kind].packets;
			assert_int_equal(total.dropped[kind].packets, of_rules);
			counted_drops += of_rules;
		}
		assert_int_equal(counted_drops, drops);
		assert_true(drops > 100);
		pipeline_finish(wire.pipeline);
		assert_int_equal(wire.ended, wire_event(&wire, EVENT_FLOWS_CREATED));
		assert_int_equal(
			wire.ended_packets + wire_event(&wire, EVENT_FLOWS_UNTRACKED), TRACE);
		wire_end(&wire);
	}
}

/* Frames that belong to no flow go on, with a reason. */
static void without_a_flow(void **state)
{
	static const struct {
		enum packet_kind kind;
		uint8_t reason;
		enum counter_event event;
	} rows[] = {
		{PACKET_NOT_IP, REASON_NOT_IP, EVENT_NOT_IP},
		{PACKET_FRAGMENT, REASON_FRAGMENT, EVENT_FRAGMENT},
		{PACKET_TRUNCATED, REASON_TRUNCATED, EVENT_TRUNCATED},
		{PACKET_MALFORMED, REASON_MALFORMED, EVENT_MALFORMED},
	};
	struct fates total;
	struct wire wire;

	wire_begin(&wire, "  - {id: a, when: {proto: tcp}, then: [drop: {}]}\n", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet packet = {.kind = rows[i].kind, .wire = 64, .index = i + 1};
		const struct packet *one = &packet;
		struct verdict verdict, *into = &verdict;

		memset(&verdict, 0xa5, sizeof(verdict));
		pipeline_burst(wire.pipeline, &one, &into, 1);
		assert_int_equal(verdict.fate, FATE_FORWARD);
		assert_int_equal(verdict.reason, rows[i].reason);
		assert_int_equal(verdict.rule, RULE_NONE);
		assert_int_equal(verdict.flow, 0);
		assert_int_equal(wire_event(&wire, rows[i].event), 1);
	}
	total = counters_total(pipeline_counters(wire.pipeline));
	assert_int_equal(total.forwarded.packets, 4);
	assert_int_equal(total.forwarded.bytes, 4 * 64);
	wire_end(&wire);
}

static struct segment from_client(uint32_t n, uint64_t time_ns, char *address)
{
	struct segment segment = at(flagged(out, TCP_SYN, 0), time_ns);

	snprintf(address, 32, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	segment.from.address = address;
	return segment;
}

/* A flow with a packet in each direction; returns its id. */
static uint64_t establish(struct wire *wire, uint32_t n, uint64_t time_ns)
{
	char address[32];
	struct segment syn = from_client(n, time_ns, address);
	struct segment answer = {.time_ns = time_ns,
		.from = syn.to,
		.to = syn.from,
		.proto = PROTO_TCP,
		.flags = TCP_SYN | TCP_ACK};
	uint64_t id = wire_send(wire, &syn).flow;

	assert_int_equal(wire_send(wire, &answer).flow, id);
	return id;
}

/* 700 established flows of 1000, silent for minutes, and 100,000 connections that are never
 * answered, 10 ms apart: a quarter of the table is all that they can have. */
static void syn_flood(void **state)
{
	enum { ESTABLISHED = 700, FLOOD = 100000 };
	struct pipeline_options options = {.flows = 1000, .growing = true};
	static uint64_t ids[ESTABLISHED];
	uint64_t most = 0;
	char address[32];
	struct wire wire;

	wire_begin(&wire, "  - {id: a, when: {proto: tcp}, state: {idle: 2h}}\n", &options);
	for (uint32_t n = 0; n < ESTABLISHED; n++)
		ids[n] = establish(&wire, n, n);
	for (uint32_t n = 0; n < FLOOD; n++) {
		struct segment syn =
			from_client(1000000 + n, SECOND_NS + n * SECOND_NS / 100, address);
		struct verdict verdict = wire_send(&wire, &syn);

		assert_true(verdict.flow != 0);
		most = wire_live(&wire) > most ? wire_live(&wire) : most;
	}
	assert_true(most >= ESTABLISHED + 240 && most <= ESTABLISHED + 250);
	assert_int_equal(wire_event(&wire, EVENT_FLOWS_EVICTED_IDLE), 0);
	assert_true(wire_event(&wire, EVENT_FLOWS_EVICTED_EMBRYONIC) >= FLOOD - 250);
	for (uint32_t n = 0; n < ESTABLISHED; n++) {
		struct segment syn = from_client(n, 1100 * SECOND_NS, address);

		assert_int_equal(wire_send(&wire, &syn).flow, ids[n]);
	}
	wire_end(&wire);
}

/* 160 established flows, last heard of at 0, 1, ... 159 ms, fill the table. Ten seconds of silence
 * later the oldest sixteenth makes room, 160 / 16 and one more; until then what is new passes
 * untracked. A search in vain is repeated after a second. */
static void full_of_established_flows(void **state)
{
	static const struct {
		uint64_t ms;
		bool tracked;
		uint64_t evicted;
	} rows[] = {
		{200, false, 0}, {10009, false, 0},   /* the eleventh has been silent for 9999 ms */
		{11008, false, 0},                    /* no search */
		{11009, true, 11}, {11009, true, 11}, /* there is room for ten more */
	};
	struct pipeline_options options = {.flows = 160, .growing = true};
	uint64_t untracked = 0;
	char address[32];
	struct fates total;
	struct wire wire;

	wire_begin(&wire, "  - {id: a, when: {proto: tcp}, then: [drop: {after: 2 packets}]}\n",
		&options);
	for (uint32_t n = 0; n < 160; n++)
		establish(&wire, n, n * 1000000);
	assert_int_equal(wire_live(&wire), 160);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct segment syn = from_client(1000 + i, rows[i].ms * 1000000, address);
		struct verdict verdict = wire_send(&wire, &syn);

		untracked += !rows[i].tracked;
		assert_int_equal(verdict.fate, FATE_FORWARD);
		assert_int_equal(verdict.flow, rows[i].tracked ? wire.packets : 0);
		assert_int_equal(verdict.rule, rows[i].tracked ? 0 : RULE_NONE);
		assert_int_equal(
			verdict.reason, rows[i].tracked ? DECISION_HEADER : REASON_UNTRACKED);
		assert_int_equal(wire_event(&wire, EVENT_FLOWS_UNTRACKED), untracked);
		assert_int_equal(wire_event(&wire, EVENT_FLOWS_EVICTED_IDLE), rows[i].evicted);
		assert_int_equal(wire.endings[ENDING_EVICTED], rows[i].evicted);
		assert_true(wire_live(&wire) <= 160);
	}
	total = counters_total(pipeline_counters(wire.pipeline));
	assert_int_equal(total.received.packets, 320 + 5);
	assert_int_equal(total.forwarded.packets, 320 + 5);
	wire_end(&wire);
}

/* Idle flows are let go before anybody is evicted. */
static void idle_ones_go_first(void **state)
{
	struct pipeline_options options = {.flows = 100, .growing = true};
	char address[32];
	struct wire wire;

	wire_begin(&wire, PASS_ALL, &options);
	for (uint32_t n = 0; n < 100; n++)
		establish(&wire, n, n < 50 ? 0 : 300 * SECOND_NS);
	for (uint32_t n = 0; n < 20; n++) {
		struct segment syn = from_client(1000 + n, 700 * SECOND_NS, address);

		assert_true(wire_send(&wire, &syn).flow != 0);
	}
	assert_int_equal(wire.endings[ENDING_IDLE], 50);
	assert_int_equal(wire.endings[ENDING_EVICTED], 0);
	wire_end(&wire);
}

/* 8000 flows over 8 shards: 1000 each, give or take 5 sqrt(8000 * 1/8 * 7/8) = 148. */
static void shards(void **state)
{
	int count[8] = {0};
	char address[32];
	struct wire wire;

	wire_begin(&wire, PASS_ALL, NULL);
	for (uint32_t n = 0; n < 8000; n++) {
		const struct ruleset *ruleset = rules_compiled(wire.rules);
		struct segment syn = from_client(n, 0, address);
		struct segment answer = {.from = syn.to, .to = syn.from, .proto = PROTO_TCP};
		struct frame frame;
		uint32_t shard;

		frame_make(&frame, &syn);
		shard = pipeline_shard(ruleset, &frame.packet, 8);
		assert_true(shard < 8);
		assert_int_equal(pipeline_shard(ruleset, &frame.packet, 1), 0);
		count[shard]++;
		frame_make(&frame, &answer);
		assert_int_equal(pipeline_shard(ruleset, &frame.packet, 8), shard);
		frame.packet.kind = PACKET_FRAGMENT;
		assert_int_equal(pipeline_shard(ruleset, &frame.packet, 8), 0);
	}
	for (int shard = 0; shard < 8; shard++)
		assert_true(abs(count[shard] - 1000) <= 148);
	wire_end(&wire);
}

/* Flows that may share a bucket meet in one shard. */
static void shared_buckets_have_one_shard(void **state)
{
	static const char *const pers[] = {"rule", "inside-host"};
	char address[32], rules[256];

	for (int i = 0; i < 2; i++) {
		struct wire wire;

		snprintf(rules, sizeof(rules),
			"  - {id: a, when: {proto: udp}, then: [police: {rate: 8kbit/s, burst: "
			"1500B, count: l3, per: %s}]}\n",
			pers[i]);
		wire_begin(&wire, rules, NULL);
		for (uint32_t n = 0; n < 1000; n++) {
			struct segment syn = from_client(n, 0, address);
			struct frame frame;

			frame_make(&frame, &syn);
			assert_int_equal(
				pipeline_shard(rules_compiled(wire.rules), &frame.packet, 8), 0);
		}
		wire_end(&wire);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_verdict_says),
		cmocka_unit_test(what_a_flow_was),
		cmocka_unit_test(idle_flows_expire_on_touch),
		cmocka_unit_test(expiry_ends_what_is_idle),
		cmocka_unit_test(clearing),
		cmocka_unit_test(clearing_without_a_rule),
		cmocka_unit_test(who_shares_a_bucket),
		cmocka_unit_test(buckets_and_the_end_of_flows),
		cmocka_unit_test(steps_in_order),
		cmocka_unit_test(table_seeds_change_nothing),
		cmocka_unit_test(bursts_and_expiry_change_nothing),
		cmocka_unit_test(the_seed_counts),
		cmocka_unit_test(counters_close),
		cmocka_unit_test(without_a_flow),
		cmocka_unit_test(syn_flood),
		cmocka_unit_test(full_of_established_flows),
		cmocka_unit_test(idle_ones_go_first),
		cmocka_unit_test(shards),
		cmocka_unit_test(shared_buckets_have_one_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
