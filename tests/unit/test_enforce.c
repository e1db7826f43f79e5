/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

static const struct segment out = {
	.from = {"10.0.0.1", 1000}, .to = {"192.0.2.1", 443}, .proto = PROTO_TCP, .flags = TCP_ACK};
static const struct segment back = {
	.from = {"192.0.2.1", 443}, .to = {"10.0.0.1", 1000}, .proto = PROTO_TCP, .flags = TCP_ACK};

static struct segment flagged(struct segment segment, uint8_t flags, uint32_t payload_bytes)
{
	segment.flags = flags;
	segment.payload_bytes = payload_bytes;
	return segment;
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
	static const enum drop_reason drops[] = {
		DROP_NONE, DROP_NONE, DROP_FREEZE, DROP_FREEZE, DROP_NONE, DROP_POLICE};
	struct wire wire;

	wire_begin(&wire, rules, NULL);
	for (int n = 0; n < 6; n++) {
		struct segment data = flagged(n < 4 ? out : back, TCP_ACK, 460);
		struct verdict verdict = wire_send(&wire, &data);

		assert_int_equal(verdict.fate, drops[n] ? FATE_DROP : FATE_FORWARD);
		assert_int_equal(verdict.drop, drops[n]);
	}
	wire_end(&wire);
	assert_int_equal(wire.record.dropped[DIRECTION_UP], 2);
	assert_int_equal(wire.record.dropped[DIRECTION_DOWN], 1);
}

/* Flows that may share a bucket meet in one shard. */
static void shared_buckets_have_one_shard(void **state)
{
	static const char *const pers[] = {"rule", "inside-host"};
	char rules[256];

	for (int i = 0; i < 2; i++) {
		struct wire wire;

		snprintf(rules, sizeof(rules),
			"  - {id: a, when: {proto: udp}, then: [police: {rate: 8kbit/s, burst: "
			"1500B, count: l3, per: %s}]}\n",
			pers[i]);
		wire_begin(&wire, rules, NULL);
		for (uint32_t n = 0; n < 1000; n++) {
			struct segment syn = flagged(out, TCP_SYN, 0);
			struct frame frame;

			syn.from.port = (uint16_t)n;
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
		cmocka_unit_test(who_shares_a_bucket),
		cmocka_unit_test(buckets_and_the_end_of_flows),
		cmocka_unit_test(steps_in_order),
		cmocka_unit_test(shared_buckets_have_one_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
