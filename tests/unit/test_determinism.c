/* SPDX-License-Identifier: BSD-3-Clause */
/* One made-up trace, and what must not change what happens to it. */
#include "tests/unit/wire.h"

#include "dataplane/prng.h"

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
			pipeline_expire(wire.pipeline, frames[STRETCH - 1].packet.time_ns, 0);
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
			x->drop != y->drop || x->leaves_ns != y->leaves_ns ||
			x->reason != y->reason || x->direction != y->direction)
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
		for (int drop = 0; drop < DROP_COUNT; drop++) {
			uint64_t of_rules = 0;

			for (int rule = 0; rule < 4; rule++)
				of_rules += counters->rules[rule].dropped[drop].packets;
			assert_int_equal(total.dropped[drop].packets, of_rules);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_seeds_change_nothing),
		cmocka_unit_test(bursts_and_expiry_change_nothing),
		cmocka_unit_test(the_seed_counts),
		cmocka_unit_test(counters_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
