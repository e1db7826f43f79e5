/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

#define RULE(state)                                                                             \
	"  - {id: sni, when: {initiator: inside, tls.sni: [bad.example]}, state: {" state "}, " \
	"then: [drop]}\n"

static const struct segment up = {.from = {"10.0.0.1", 40000},
	.to = {"192.0.2.1", 443},
	.proto = PROTO_TCP,
	.flags = TCP_ACK};

static struct segment turned(struct segment segment)
{
	struct end from = segment.from;

	segment.from = segment.to;
	segment.to = from;
	return segment;
}

static struct verdict send_at(struct wire *wire, struct segment segment, uint64_t time_ns)
{
	segment.time_ns = time_ns;
	return wire_send(wire, &segment);
}

static struct verdict hello_at(
	struct wire *wire, struct segment segment, const char *name, uint64_t time_ns)
{
	uint8_t hello[128];

	segment.payload_bytes = frame_hello(hello, name);
	segment.payload = hello;
	return send_at(wire, segment, time_ns);
}

/* SYN, SYN+ACK, ACK and a hello, all at once: whether the hello passes. */
static bool connects(struct wire *wire, struct segment segment, const char *name, uint64_t time_ns)
{
	struct segment syn = segment, answer = turned(segment);

	syn.flags = TCP_SYN;
	syn.seq = (uint32_t)time_ns | 1;
	answer.flags = TCP_SYN | TCP_ACK;
	send_at(wire, syn, time_ns);
	send_at(wire, answer, time_ns);
	send_at(wire, segment, time_ns);
	return hello_at(wire, segment, name, time_ns).fate == FATE_FORWARD;
}

/* The trigger, then a clean connection between the same ports so much later: acted on or not, by
 * the residuals published for SNI-I, SNI-II and SNI-IV (IMC 2022: 75, 420 and 40 s). */
static void later_connections_for_so_long(void **state)
{
	static const struct {
		const char *residual;
		uint64_t acted_s, free_s;
	} rows[] = {{"75s", 70, 80}, {"420s", 415, 430}, {"40s", 39, 41}, {"180s", 179, 181}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int late = 0; late < 2; late++) {
			uint64_t after = late ? rows[i].free_s : rows[i].acted_s;
			struct wire wire;
			char rules[256];

			snprintf(rules, sizeof(rules), RULE("residual: %s"), rows[i].residual);
			wire_begin(&wire, rules, NULL);
			assert_true(connects(&wire, up, "good.example", 0));
			assert_false(connects(&wire, up, "bad.example", SECOND_NS));
			assert_int_equal(
				connects(&wire, up, "good.example", (1 + after) * SECOND_NS), late);
			assert_int_equal(wire_event(&wire, EVENT_PENALTIES_BEGUN), 1);
			assert_int_equal(wire_event(&wire, EVENT_PENALTIES_CAUGHT), !late);
			wire_end(&wire);
		}
	}
}

/* QUIC26 (FOCI 2026): any further datagram restarts the timer of 420 s; without `refresh` the same
 * packets are free after 420 s. */
static void packets_restart_the_timer(void **state)
{
	for (int refresh = 0; refresh < 2; refresh++) {
		struct wire wire;

		wire_begin(&wire,
			refresh ? RULE("residual: 420s, refresh: yes")
				: RULE("residual: 420s, refresh: no"),
			NULL);
		assert_false(connects(&wire, up, "bad.example", 0));
		for (uint64_t at_s = 60; at_s <= 900; at_s += 60) {
			bool free = send_at(&wire, up, at_s * SECOND_NS).fate == FATE_FORWARD;

			assert_int_equal(free, !refresh && at_s >= 420);
		}
		/* then silence, for less and for more than the timer */
		if (refresh) {
			assert_false(connects(&wire, up, "good.example", (900 + 419) * SECOND_NS));
			assert_true(
				connects(&wire, up, "good.example", (900 + 419 + 421) * SECOND_NS));
		}
		wire_end(&wire);
	}
}

/* Who else is caught, by the key: other flows that differ in one thing. */
static void keys(void **state)
{
	static const struct segment others[] = {
		{.from = {"10.0.0.1", 40001}, .to = {"192.0.2.1", 443}, .proto = PROTO_TCP},
		{.from = {"10.0.0.1", 40001}, .to = {"192.0.2.1", 8443}, .proto = PROTO_TCP},
		{.from = {"10.0.0.1", 40001}, .to = {"192.0.2.2", 443}, .proto = PROTO_TCP},
		{.from = {"10.0.0.2", 40001}, .to = {"192.0.2.1", 443}, .proto = PROTO_TCP},
		{.from = {"10.0.0.2", 40001}, .to = {"192.0.2.1", 8443}, .proto = PROTO_TCP},
		{.from = {"10.0.0.1", 40001}, .to = {"192.0.2.1", 443}, .proto = PROTO_UDP},
		/* begun from outside */
		{.from = {"192.0.2.1", 443}, .to = {"10.0.0.1", 40009}, .proto = PROTO_TCP},
	};
	static const struct {
		const char *key, *caught; /* x: the flow is */
	} rows[] = {
		{"4-tuple", "......."},
		{"3-tuple", "x......"},
		{"client+server", "xx....."},
		{"server+port", "x..x..."},
		{"client", "xxx...."},
		{"server", "xx.xx.."},
		/* also flows that the rule cannot be true of: UDP has no TLS, the last is not
		 * inside's. Addresses are those of client and server: the last one's client is
		 * another. */
		{"client, catches: all", "xxx..x."},
		{"server+port, catches: all", "x..x..."},
		{"3-tuple, catches: all", "x......"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire wire;
		char rules[256];

		snprintf(rules, sizeof(rules), RULE("residual: 60s, key: %s"), rows[i].key);
		wire_begin(&wire, rules, NULL);
		hello_at(&wire, up, "bad.example", 0);
		for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++) {
			struct verdict verdict = send_at(&wire, others[n], SECOND_NS);
			bool caught = verdict.fate == FATE_DROP;

			if (caught != (rows[i].caught[n] == 'x'))
				fail_msg("key %s, flow %zu: %s", rows[i].key, n,
					caught ? "caught" : "free");
			if (caught)
				assert_int_equal(verdict.reason, DECISION_RESIDUAL);
		}
		wire_end(&wire);
	}
}

/* A flow that was there before and had said nothing wrong is caught too, and no longer than the
 * penalty lasts. */
static void flows_that_were_there_before(void **state)
{
	struct segment other = up;
	struct wire wire;

	other.from.port++;
	wire_begin(&wire, RULE("residual: 60s, key: 3-tuple"), NULL);
	assert_true(connects(&wire, other, "good.example", 0));
	hello_at(&wire, up, "bad.example", SECOND_NS);
	assert_int_equal(send_at(&wire, other, 60 * SECOND_NS).fate, FATE_DROP);
	assert_int_equal(send_at(&wire, turned(other), 60 * SECOND_NS).fate, FATE_DROP);
	assert_int_equal(send_at(&wire, other, 61 * SECOND_NS).fate, FATE_FORWARD);
	wire_end(&wire);
}

/* Rules before the one with the penalty, and after it. */
static void the_order_of_rules_holds(void **state)
{
	static const struct {
		const char *exempt; /* `when` of a rule before */
		const char *port;   /* of a rule after */
		bool caught;
	} rows[] = {
		{"{server_port: 22}", "443", true}, /* before the rule that it would be under */
		{"{server: 192.0.2.0/24, client_port: 40001}", "1", false},
		{"{tls.sni: [good.example]}, inspect: {budget: {packets: 1}}", "443",
			true}, /* it has not said so yet */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct segment other = up;
		struct wire wire;
		char rules[512];

		other.from.port++;
		snprintf(rules, sizeof(rules),
			"  - {id: exempt, when: %s}\n" RULE(
				"residual: 60s, key: 3-tuple") "  - {id: later, when: "
							       "{server_port: %s}, then: [loss: "
							       "{probability: "
							       "0.0001}]}\n",
			rows[i].exempt, rows[i].port);
		wire_begin(&wire, rules, NULL);
		hello_at(&wire, up, "bad.example", 0);
		assert_int_equal(
			connects(&wire, other, "good.example", SECOND_NS), !rows[i].caught);
		wire_end(&wire);
	}
}

/* What clears the state of a flow clears a penalty on the four-tuple; a new SYN of the client does
 * not, nor what the rule does not name (IMC 2022: a remote SYN unblocks). */
static void clearing(void **state)
{
	static const struct {
		const char *by;
		uint8_t flags;
		bool from_server, clears;
	} rows[] = {
		{"remote_syn", TCP_SYN, true, true},
		{"remote_syn", TCP_SYN, false, false},
		{"remote_syn", TCP_SYN | TCP_ACK, true, false},
		{"rst", TCP_RST, true, true},
		{"rst", TCP_RST, false, true},
		{"fin", TCP_FIN | TCP_ACK, false, true},
		{"syn, fin", TCP_RST, false, false},
		{"syn", TCP_SYN, false, false},
		{"", TCP_RST, true, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct segment clears = up;
		struct wire wire;
		char rules[256];

		snprintf(
			rules, sizeof(rules), RULE("residual: 420s, cleared_by: [%s]"), rows[i].by);
		wire_begin(&wire, rules, NULL);
		assert_false(connects(&wire, up, "bad.example", 0));
		if (rows[i].from_server)
			clears = turned(clears);
		clears.flags = rows[i].flags;
		clears.seq = 77;
		send_at(&wire, clears, SECOND_NS);
		if (connects(&wire, up, "good.example", 2 * SECOND_NS) != rows[i].clears)
			fail_msg("cleared_by [%s], row %zu", rows[i].by, i);
		wire_end(&wire);
	}
}

/* A sequence that contains a SYN of the server begins from outside, so nothing triggers. */
static void a_remote_syn_before_the_trigger(void **state)
{
	struct segment syn = up, remote = turned(up);
	struct wire wire;

	syn.flags = remote.flags = TCP_SYN;
	wire_begin(&wire, RULE("residual: 420s, cleared_by: [remote_syn]"), NULL);
	send_at(&wire, syn, 0);
	send_at(&wire, remote, 1);
	assert_int_equal(hello_at(&wire, up, "bad.example", 2).fate, FATE_FORWARD);
	wire_end(&wire);
	assert_int_equal(wire.record.initiator, INITIATOR_OUTSIDE);
}

/* When it is over the flow goes on between the same ends, whoever is the next to send. */
static void who_the_client_was_is_remembered(void **state)
{
	struct wire wire;

	wire_begin(&wire, RULE("residual: 180s"), NULL);
	assert_false(connects(&wire, up, "bad.example", 0));
	assert_int_equal(send_at(&wire, turned(up), 179 * SECOND_NS).fate, FATE_DROP);
	assert_int_equal(send_at(&wire, turned(up), 180 * SECOND_NS).direction, DIRECTION_DOWN);
	assert_int_equal(wire.endings[ENDING_PENALTY], 1);
	assert_int_equal(hello_at(&wire, up, "bad.example", 181 * SECOND_NS).fate, FATE_DROP);
	wire_end(&wire);
	assert_int_equal(wire.record.initiator, INITIATOR_INSIDE);
	assert_int_equal(wire.record.client_port, 40000);
}

/* SNI-II: the flow that triggers has some packets more; the next one has nothing. */
static void no_second_grace(void **state)
{
	static const char rules[] =
		"  - {id: sni, when: {tls.sni: [bad.example]}, state: {residual: 420s, key: "
		"3-tuple}, then: [drop: {after: 6 packets}]}\n";
	struct segment other = up;
	struct wire wire;

	other.from.port++;
	wire_begin(&wire, rules, NULL);
	assert_true(connects(&wire, up, "bad.example", 0));
	for (int further = 1; further <= 8; further++)
		assert_int_equal(
			send_at(&wire, up, 1).fate, further <= 5 ? FATE_FORWARD : FATE_DROP);
	assert_int_equal(send_at(&wire, other, 2).fate, FATE_DROP);
	wire_end(&wire);
}

/* The box remembers while its rule stays what it is. */
static void other_rules(void **state)
{
	static const char same[] = RULE("residual: 60s") "  - {id: b, when: {proto: udp}}\n";
	static const char changed[] = RULE("residual: 61s");
	struct wire wire;

	wire_begin(&wire, RULE("residual: 60s"), NULL);
	assert_false(connects(&wire, up, "bad.example", 0));
	wire_swap(&wire, same);
	assert_false(connects(&wire, up, "good.example", SECOND_NS));
	wire_swap(&wire, changed);
	assert_true(connects(&wire, up, "good.example", 2 * SECOND_NS));
	wire_end(&wire);
}

/* Flows that may share a penalty meet in one shard; those of one four-tuple do anyway. */
static void where_flows_meet(void **state)
{
	static const char *const keys[] = {"4-tuple", "3-tuple", "client"};
	char rules[256];

	for (int i = 0; i < 3; i++) {
		uint32_t seen = 0;
		struct wire wire;

		snprintf(rules, sizeof(rules), RULE("residual: 60s, key: %s"), keys[i]);
		wire_begin(&wire, rules, NULL);
		for (uint32_t n = 0; n < 1000; n++) {
			struct segment one = up;
			struct frame frame;

			one.from.port = (uint16_t)n;
			frame_make(&frame, &one);
			seen |= 1u << pipeline_shard(rules_compiled(wire.rules), &frame.packet, 8);
		}
		assert_int_equal(seen, i ? 1 : 255);
		wire_end(&wire);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_connections_for_so_long),
		cmocka_unit_test(packets_restart_the_timer),
		cmocka_unit_test(keys),
		cmocka_unit_test(flows_that_were_there_before),
		cmocka_unit_test(the_order_of_rules_holds),
		cmocka_unit_test(clearing),
		cmocka_unit_test(a_remote_syn_before_the_trigger),
		cmocka_unit_test(who_the_client_was_is_remembered),
		cmocka_unit_test(no_second_grace),
		cmocka_unit_test(other_rules),
		cmocka_unit_test(where_flows_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
