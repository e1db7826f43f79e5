/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

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
		/* without a rule: the longest of any rule, which is 600 s where none says */
		{"  - {id: a, when: {proto: udp}, state: {idle: 60s}}\n", 59 * SECOND_NS, true},
		{"  - {id: a, when: {proto: udp}, state: {idle: 60s}}\n", 60 * SECOND_NS, false},
		{"  - {id: a, when: {proto: udp}}\n", 599 * SECOND_NS, true},
		{"  - {id: a, when: {proto: udp}}\n", 600 * SECOND_NS, false},
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

/* s SYN, S SYN+ACK, a ACK of the client, d data of the client, r RST; then silence, then data. The
 * time-outs are those recalled of TSPU (60, 105, 480 s), with 10 s after a RST and 60 s for UDP. */
static void timeouts_by_phase(void **state)
{
	static const char timed[] = "  - {id: a, when: {%s}, state: {idle: 600s, timeouts: "
				    "{syn_sent: 60s, syn_received: 105s, established: 480s, "
				    "closing: 10s, udp: 30s}}}\n%s";
	static const struct {
		const char *packets;
		uint64_t limit_s;
	} rows[] = {{"s", 60}, {"ss", 60}, {"sS", 105}, {"sSSS", 105}, {"sSa", 480}, {"sa", 480},
		{"sSad", 480}, {"d", 480}, {"S", 480}, {"sSadr", 10}, {"sr", 10}, {"u", 30},
		{"i", 600}};
	static const char *const rules[][2] = {
		{"proto: [tcp, udp, icmp]", ""},
		/* no rule is decided; one that says nothing of phases does not count */
		{"proto: sctp", "  - {id: b, when: {server_port: 1}, state: {idle: 900s}}\n"},
	};

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		for (int late = 0; late < 2; late++) {
			uint64_t limit_s = rows[i / 2].limit_s, now_ns = 0;
			struct wire wire;
			char text[512];

			if (limit_s == 600 && i % 2)
				limit_s = 900;
			snprintf(text, sizeof(text), timed, rules[i % 2][0], rules[i % 2][1]);
			wire_begin(&wire, text, NULL);
			for (const char *c = rows[i / 2].packets;; c++) {
				struct segment segment = at(*c == 'S' ? back : out, now_ns);

				segment.flags = *c == 's' ? TCP_SYN : *c == 'r' ? TCP_RST : TCP_ACK;
				segment.flags |= *c == 'S' ? TCP_SYN : 0;
				segment.proto = strchr(rows[i / 2].packets, 'u')   ? PROTO_UDP
						: strchr(rows[i / 2].packets, 'i') ? PROTO_ICMP
										   : PROTO_TCP;
				wire_send(&wire, &segment);
				if (!*c)
					break;
				if (!c[1])
					now_ns = limit_s * SECOND_NS - !late;
			}
			if (wire.endings[ENDING_IDLE] != (uint64_t)late)
				fail_msg("%s: %s at its limit", rows[i / 2].packets,
					late ? "there" : "gone");
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
	pipeline_expire(wire.pipeline, 600 * SECOND_NS - 1, 0);
	assert_int_equal(wire.ended, 0);
	pipeline_expire(wire.pipeline, 600 * SECOND_NS, 0);
	assert_int_equal(wire.endings[ENDING_IDLE], 1);
	assert_int_equal(wire.record.client_port, 1000);
	pipeline_expire(wire.pipeline, 610 * SECOND_NS, 0);
	assert_int_equal(wire.endings[ENDING_IDLE], 2);
	assert_int_equal(wire_live(&wire), 0);
	wire_end(&wire);
}

/* One group at a time: after as many calls as the largest table has groups, nothing idle is left,
 * and what is not idle is. */
static void expiry_in_small_steps(void **state)
{
	struct segment late = at(out, 599 * SECOND_NS);
	struct wire wire;

	wire_begin(&wire, PASS_ALL, NULL);
	for (uint16_t port = 1; port <= 200; port++) {
		struct segment early = at(out, 0);

		early.from.port = port;
		wire_send(&wire, &early);
	}
	late.from.port = 1000;
	wire_send(&wire, &late);
	pipeline_expire(wire.pipeline, 600 * SECOND_NS, 1);
	assert_true(wire.ended <= 32); /* slots in a group */
	for (int group = 1; group < 4096; group++)
		pipeline_expire(wire.pipeline, 600 * SECOND_NS, 1);
	assert_int_equal(wire.endings[ENDING_IDLE], 200);
	assert_int_equal(wire_live(&wire), 1);
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
		{"[syn]", "ssSSaa"},  /* repeated before anything was sent */
		{"[syn]", "sSdS"},    /* SYN+ACK opens nothing */
		{"[syn]", "sSadDsa"}, /* the same SYN again, late */
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
			segment.seq = 1000 + (uint32_t)flow; /* one a connection */
			if (wire_send(&wire, &segment).flow != flow)
				fail_msg("%s: %s at %s", rows[i].cleared_by, rows[i].packets, c);
		}
		assert_int_equal(
			wire.endings[ENDING_CLEARED] + wire.endings[ENDING_FOLLOWED], cleared);
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

/* 8000 flows over 8 shards: 1000 each, give or take 5 sqrt(8000 * 1/8 * 7/8) = 148. */
static void shards(void **state)
{
	int count[8] = {0};
	struct wire wire;

	wire_begin(&wire, PASS_ALL, NULL);
	for (uint32_t n = 0; n < 8000; n++) {
		const struct ruleset *ruleset = rules_compiled(wire.rules);
		struct segment syn = flagged(out, TCP_SYN, 0);
		struct segment answer = {.from = syn.to, .to = syn.from, .proto = PROTO_TCP};
		struct frame frame;
		uint32_t shard;

		syn.from.port = (uint16_t)n;
		answer.to = syn.from;
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_verdict_says),
		cmocka_unit_test(what_a_flow_was),
		cmocka_unit_test(idle_flows_expire_on_touch),
		cmocka_unit_test(timeouts_by_phase),
		cmocka_unit_test(expiry_ends_what_is_idle),
		cmocka_unit_test(expiry_in_small_steps),
		cmocka_unit_test(clearing),
		cmocka_unit_test(clearing_without_a_rule),
		cmocka_unit_test(without_a_flow),
		cmocka_unit_test(shards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
