/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

#include <malloc.h>

#include "dataplane/prng.h"
#include "dataplane/succession.h"

static const struct segment out = {
	.from = {"10.0.0.1", 1000}, .to = {"192.0.2.1", 443}, .proto = PROTO_TCP, .flags = TCP_ACK};

/* `bytes` at L3 of the flow from client port `port`. */
static struct segment data(uint16_t port, uint64_t time_ns, uint32_t bytes)
{
	struct segment segment = out;

	segment.from.port = port;
	segment.time_ns = time_ns;
	segment.payload_bytes = bytes - 40;
	return segment;
}

static struct verdict send_bytes(struct wire *wire, uint16_t port, uint64_t time_ns, uint32_t bytes)
{
	struct segment segment = data(port, time_ns, bytes);

	return wire_send(wire, &segment);
}

static const char *rule_id(const struct wire *wire, uint16_t rule)
{
	const char *id = ruleset_rule_id(rules_compiled(wire->rules), rule);

	return id ? id : rule == RULE_UNDECIDED ? "undecided" : "none";
}

/* 8 kbit/s: 1 byte a millisecond. */
#define POLICE(id, more, port, burst, per)                                                        \
	"  - {id: " id ", " more "when: {server_port: " port "}, then: [police: {rate: 8kbit/s, " \
	"burst: " burst ", count: l3, per: " per "}]}\n"
#define OTHER "  - {id: other, when: {server_port: 80}}\n"

/*
 * A bucket of 1,500 bytes gives 1,200 to a flow. Then the rules change, and bytes are sent one
 * packet each of 100 at the same moment: so many pass before one does not.
 */
static void buckets(void **state)
{
	static const struct {
		const char *what, *more, *burst, *other, *per;
		int pass[3]; /* per: flow, inside-host, rule */
	} rows[] = {
		{"the same rules", "", "1500B", "", NULL, {3, 3, 3}},
		{"another rule more", "", "1500B", OTHER, NULL, {3, 3, 3}},
		{"on_change only", "on_change: keep, ", "1500B", "", NULL, {3, 3, 3}},
		{"deeper", "", "2000B", "", NULL, {20, 20, 20}},
		{"deeper, kept", "on_change: keep, ", "2000B", "", NULL, {8, 8, 8}},
		{"shared otherwise, kept", "on_change: keep, ", "1500B", "", "[flow, direction]",
			{15, 15, 15}},
	};
	static const char *const pers[] = {"flow", "inside-host", "rule"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int scope = 0; scope < 3; scope++) {
			const char *per = rows[i].per ? rows[i].per : pers[scope];
			char before[512], after[1024];
			struct wire wire;
			int passed = 0;

			snprintf(before, sizeof(before), POLICE("a", "", "443", "1500B", "%s"),
				pers[scope]);
			snprintf(after, sizeof(after),
				"%s  - {id: a, %swhen: {server_port: 443}, then: [police: {rate: "
				"8kbit/s, burst: %s, count: l3, per: %s}]}\n",
				rows[i].other, rows[i].more, rows[i].burst, per);
			wire_begin(&wire, before, NULL);
			assert_int_equal(send_bytes(&wire, 1, 0, 1200).fate, FATE_FORWARD);
			wire_swap(&wire, after);
			while (send_bytes(&wire, 1, 0, 100).fate == FATE_FORWARD)
				passed++;
			if (passed != rows[i].pass[scope])
				fail_msg(
					"%s, per %s: %d passed", rows[i].what, pers[scope], passed);
			wire_end(&wire);
		}
	}
}

/* An unchanged rule polices as if nothing had happened: to the byte, over a minute of packets of
 * any size at any time, with a swap before each tenth of them. */
static void swaps_do_not_show(void **state)
{
	static const char *const rules[] = {
		POLICE("a", "", "443", "3000B", "flow") POLICE("b", "", "8443", "9kB", "rule"),
		OTHER POLICE("b", "", "8443", "8kB", "rule")
			POLICE("a", "", "443", "3000B", "flow"),
	};
	struct wire still, swapped;
	uint64_t now_ns = 0, passed = 0;

	wire_begin(&still, rules[0], NULL);
	wire_begin(&swapped, rules[0], NULL);
	for (uint32_t n = 0; n < 4000; n++) {
		uint64_t draw = prng_draw(7, n);
		uint32_t bytes = 40 + draw % 1400;
		struct verdict a, b;

		now_ns += (draw >> 32) % (30 * 1000 * 1000);
		if (n % 10 == 9)
			wire_swap(&swapped, rules[n / 10 & 1]);
		a = send_bytes(&still, 1 + draw % 3, now_ns, bytes);
		b = send_bytes(&swapped, 1 + draw % 3, now_ns, bytes);
		assert_int_equal(a.fate, b.fate);
		assert_int_equal(a.flow_packet, b.flow_packet);
		passed += a.fate == FATE_FORWARD;
	}
	assert_in_range(passed, 100, 3900);
	wire_end(&still);
	wire_end(&swapped);
	assert_int_equal(still.ended, 3);
	assert_int_equal(swapped.ended, 3);
}

#define NAMED(id, name, more) "  - {id: " id ", when: {tls.sni: ['" name "']}" more "}\n"
#define ALONE                 ", inspect: {reassembly: {tcp: none, tls_records: first}}"
#define PORT(id, port)        "  - {id: " id ", when: {server_port: " port "}}\n"

/* Packets: s SYN, h hello of www.t.co, 1 and 2 its parts, x ten bytes; | the rules change. */
static void play(struct wire *wire, const char *packets, const char *after, struct verdict *last)
{
	uint8_t hello[128], ones[10] = {1, 1, 1};
	uint32_t bytes = frame_hello(hello, "www.t.co"), seq = 1000;

	for (; *packets; packets++) {
		struct segment segment = out;

		if (*packets == '|') {
			wire_swap(wire, after);
			continue;
		}
		segment.flags = *packets == 's' ? TCP_SYN : TCP_ACK;
		segment.payload = *packets == 'x' ? ones : *packets == '2' ? hello + 30 : hello;
		segment.payload_bytes = *packets == 'h'   ? bytes
					: *packets == '1' ? 30
					: *packets == '2' ? bytes - 30
					: *packets == 'x' ? 10
							  : 0;
		segment.seq = seq;
		seq += segment.payload_bytes + (*packets == 's');
		*last = wire_send(wire, &segment);
	}
}

static const struct {
	const char *before, *packets, *after, *rule;
	enum decision reason;
	uint32_t decided_at;
} decision_rows[] = {
	/* its rule is unchanged, wherever it stands now */
	{PORT("a", "443"), "sx|x", PORT("z", "80") PORT("a", "443"), "a", DECISION_HEADER, 1},
	{PORT("a", "443"), "s|x", "  - {id: z, when: {server: 192.0.2.0/24}}\n" PORT("a", "443"),
		"a", DECISION_HEADER, 1},
	/* it changed */
	{PORT("a", "443"), "sx|x", PORT("a", "400-443"), "a", DECISION_REPLACED, 3},
	{PORT("a", "443"), "sx|x", PORT("a", "80"), "none", DECISION_REPLACED, 3},
	{PORT("a", "443"), "sx|x", "  - {id: a, on_change: keep, when: {server_port: 80}}\n", "a",
		DECISION_HEADER, 1},
	/* it went */
	{PORT("a", "443"), "sx|x", PORT("b", "80"), "none", DECISION_REPLACED, 3},
	{PORT("a", "443"), "sx|x", PORT("b", "443"), "b", DECISION_REPLACED, 3},
	/* there was none */
	{PORT("a", "80"), "sx|x", PORT("a", "80") PORT("b", "443"), "b", DECISION_REPLACED, 3},
	{PORT("a", "80"), "s|x", PORT("a", "80") PORT("b", "53"), "none", DECISION_REPLACED, 2},
	/* names that were read are known */
	{NAMED("a", "**.t.co", ""), "shx|x", NAMED("b", "www.t.co", ""), "b", DECISION_REPLACED, 4},
	{NAMED("a", "x.y", ""), "shxxxxxxxxx|x", NAMED("a", "x.y", "") NAMED("b", "*.t.co", ""),
		"b", DECISION_REPLACED, 12},
	{NAMED("a", "x.y", ""), "shxxxxxxxxx|x", "  - {id: b, when: {http.host: www.t.co}}\n",
		"none", DECISION_REPLACED, 12},
	/* a box that could not read the hello still does not know it */
	{NAMED("a", "x.y", ALONE), "s12xxxxxxxxxx|x",
		NAMED("a", "x.y", ALONE) NAMED("b", "*.t.co", ALONE), "none", DECISION_REPLACED,
		14},
	/* one that was not there takes the record's word */
	{NAMED("a", "x.y", ALONE), "s12xxxxxxxxxx|x", NAMED("b", "*.t.co", ""), "b",
		DECISION_REPLACED, 14},
	{PORT("a", "80"), "s12xxxxxxxxxx|x", NAMED("b", "*.t.co", ALONE), "b", DECISION_REPLACED,
		14},
	/* what is being examined goes on */
	{NAMED("a", "*.t.co", ""), "s1|2", NAMED("a", "*.t.co", ""), "a", DECISION_TLS_SNI, 3},
	{NAMED("a", "*.t.co", ""), "s1|2", PORT("z", "80") NAMED("b", "*.t.co", ""), "b",
		DECISION_TLS_SNI, 3},
	{NAMED("a", "*.t.co", ""), "s|h", NAMED("b", "*.t.co", ALONE), "b", DECISION_TLS_SNI, 2},
	{NAMED("a", "*.t.co", ""), "s1|2x", NAMED("b", "*.t.co", ALONE), "undecided",
		DECISION_UNDECIDED, 0},
	{PORT("a", "80"), "s|h", NAMED("b", "*.t.co", ""), "b", DECISION_TLS_SNI, 2},
	{NAMED("a", "*.t.co", ""), "s|x", PORT("b", "443"), "b", DECISION_REPLACED, 2},
	/* ten packets are looked at, two of them before */
	{NAMED("a", "*.t.co", ""), "sxx|xxxxxxxh", PORT("z", "80") NAMED("a", "*.t.co", ""), "a",
		DECISION_TLS_SNI, 11},
	{NAMED("a", "*.t.co", ""), "sxx|xxxxxxxxh", PORT("z", "80") NAMED("a", "*.t.co", ""),
		"none", DECISION_BUDGET, 11},
	/* more than once, and not seen in between */
	{PORT("a", "443"), "sx|||x", PORT("a", "443") PORT("b", "80"), "a", DECISION_HEADER, 1},
};

static void decisions(void **state)
{
	for (size_t i = 0; i < sizeof(decision_rows) / sizeof(decision_rows[0]); i++) {
		struct verdict last = {0};
		struct wire wire;

		wire_begin(&wire, decision_rows[i].before, NULL);
		play(&wire, decision_rows[i].packets, decision_rows[i].after, &last);
		pipeline_finish(wire.pipeline);
		if (strcmp(rule_id(&wire, last.rule), decision_rows[i].rule) != 0 ||
			last.reason != decision_rows[i].reason ||
			wire.record.decided_at != decision_rows[i].decided_at)
			fail_msg("row %zu, %s: %s at %u, %s", i, decision_rows[i].packets,
				rule_id(&wire, last.rule), wire.record.decided_at,
				reason_words[last.reason]);
		wire_assert_closed(&pipeline_counters(wire.pipeline)->ports[0]);
		wire_end(&wire);
	}
}

/* What has gone and come back in between is another rule, though it has its old name and row. */
static void gone_and_back(void **state)
{
	struct verdict verdict;
	struct wire wire;

	wire_begin(&wire, PORT("a", "443") PORT("b", "443-444"), NULL);
	send_bytes(&wire, 1, 0, 100);
	wire_swap(&wire, PORT("b", "443-444"));
	wire_swap(&wire, PORT("b", "443-444") PORT("a", "443-445"));
	verdict = send_bytes(&wire, 1, 0, 100);
	assert_string_equal(rule_id(&wire, verdict.rule), "b");
	assert_int_equal(verdict.reason, DECISION_REPLACED);
	assert_int_equal(pipeline_counters(wire.pipeline)->rules[0].received.packets, 1);
	assert_int_equal(pipeline_counters(wire.pipeline)->rules[1].received.packets, 1);
	wire_end(&wire);
}

/* Silence is measured by the rules in force, for flows that have not met them too. */
static void silence(void **state)
{
#define IDLE(id, idle) \
	"  - {id: " id ", on_change: keep, when: {server_port: 443}, state: {idle: " idle "}}\n"
	static const struct {
		const char *before, *after;
		uint64_t seconds;
		bool same;
	} rows[] = {
		{IDLE("a", "60s"), IDLE("a", "60s"), 59, true},
		{IDLE("a", "60s"), IDLE("a", "60s"), 60, false},
		{IDLE("a", "60s"), IDLE("a", "60s") PORT("b", "80"), 60, false},
		{IDLE("a", "60s"), IDLE("a", "30s"), 30, false},
		{IDLE("a", "60s"), IDLE("a", "90s"), 89, true},
		/* without a rule: the longest of any */
		{IDLE("a", "60s"), IDLE("b", "90s"), 89, true},
		{IDLE("a", "60s"), IDLE("b", "90s"), 90, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int swept = 0; swept < 2; swept++) {
			struct wire wire;

			wire_begin(&wire, rows[i].before, NULL);
			send_bytes(&wire, 1, 0, 100);
			wire_swap(&wire, rows[i].after);
			if (swept)
				pipeline_expire(wire.pipeline, rows[i].seconds * SECOND_NS, 0);
			else
				send_bytes(&wire, 1, rows[i].seconds * SECOND_NS, 100);
			assert_int_equal(wire.ended, !rows[i].same);
			wire_end(&wire);
		}
	}
}

/* Packets are held, or did not fit into the port, while rows change hands. */
static void late_fates(void **state)
{
	struct frame frame;
	struct segment segment = data(1, 0, 100);
	struct verdict verdict;
	struct held first, second;
	const struct counters *counters;
	struct wire wire;

	frame_make(&frame, &segment);
	wire_begin(&wire, PORT("a", "443"), NULL);
	verdict = wire_send(&wire, &segment);
	first = pipeline_held(wire.pipeline, &frame.packet, &verdict);
	verdict = wire_send(&wire, &segment);
	second = pipeline_held(wire.pipeline, &frame.packet, &verdict);
	assert_int_equal(first.bytes, 100);
	counters = pipeline_counters(wire.pipeline);
	pipeline_refuse(wire.pipeline, &first, DROP_TX_FULL);
	assert_int_equal(counters->rules[0].dropped[DROP_TX_FULL].bytes, 100);
	assert_int_equal(counters->rules[0].forwarded.packets, 1);
	wire_assert_closed(&counters->rules[0]);
	/* a goes and rests, and its row closes still */
	wire_swap(&wire, PORT("b", "443"));
	pipeline_refuse(wire.pipeline, &second, DROP_LINK_DOWN);
	assert_int_equal(counters->rules[0].dropped[DROP_LINK_DOWN].packets, 1);
	/* until so many have gone that its row is another's */
	verdict = wire_send(&wire, &segment);
	first = pipeline_held(wire.pipeline, &frame.packet, &verdict);
	for (int n = 0; n <= SLOTS_RESTING; n++) {
		char rules[128];

		snprintf(rules, sizeof(rules), PORT("n%d", "443"), n);
		wire_swap(&wire, rules);
		if (n == SLOTS_RESTING - 2)
			assert_int_equal(counters->rules[0].received.packets, 2);
	}
	assert_string_equal(ruleset_rule_id(rules_compiled(wire.rules), 1), "n1024");
	assert_int_equal(counters->rules[0].received.packets, 0);
	assert_int_equal(counters->rules[1].received.packets, 0);
	pipeline_refuse(wire.pipeline, &first, DROP_TX_FULL);
	assert_int_equal(counters->rules[1].dropped[DROP_TX_FULL].packets, 0);
	assert_int_equal(counters->ports[0].dropped[DROP_TX_FULL].packets, 2);
	assert_int_equal(counters->ports[0].dropped[DROP_LINK_DOWN].packets, 1);
	wire_assert_closed(&counters->ports[0]);
	assert_int_equal(counters->rule_count, SLOTS_RESTING + 1);
	/* the flow's own rule is not a rule that took its slot */
	pipeline_finish(wire.pipeline);
	assert_int_equal(wire.flow.rule, RULE_NONE);
	wire_end(&wire);
}

/* A thousand swaps of five rulesets under traffic of all kinds: nothing is lost, nothing grows. */
static void a_thousand_swaps(void **state)
{
	static const char *const rulesets[] = {
		POLICE("a", "", "443", "1500B", "flow"),
		POLICE("a", "", "443", "3000B", "flow") POLICE("b", "", "400-500", "9kB", "rule"),
		NAMED("n", "**.t.co", ALONE) POLICE("b", "", "400-500", "9kB", "rule"),
		NAMED("n", "**.t.co", "")
			POLICE("a", "on_change: keep, ", "443", "4kB", "inside-host"),
		OTHER,
	};
	size_t most[2] = {0, 0}; /* memory in use, in each half */
	uint64_t sent = 0;
	uint8_t hello[128];
	uint32_t hello_bytes = frame_hello(hello, "www.t.co");
	struct wire wire;

	wire_begin(&wire, rulesets[0], NULL);
	for (uint32_t swap = 0; swap < 1000; swap++) {
		const struct counters *counters;

		for (uint32_t n = 0; n < 30; n++) {
			uint64_t draw = prng_draw(swap, n);
			struct segment segment = data(
				1 + draw % 200, swap * 1000000ull + n * 30000, 40 + draw % 1000);

			segment.flags = (draw >> 20) % 16 == 0 ? TCP_SYN : TCP_ACK;
			if ((draw >> 30) % 8 == 0) {
				segment.payload = hello;
				segment.payload_bytes = hello_bytes;
			}
			wire_send(&wire, &segment);
			sent++;
		}
		wire_swap(&wire, rulesets[prng_draw(1, swap) % 5]);
		counters = pipeline_counters(wire.pipeline);
		assert_int_equal(counters->ports[0].received.packets, sent);
		wire_assert_closed(&counters->ports[0]);
		assert_true(counters->rule_count <= 4);
		for (uint32_t rule = 0; rule < counters->rule_count; rule++)
			wire_assert_closed(&counters->rules[rule]);
		assert_in_range(wire_live(&wire), 0, 200);
		/* the same ruleset is in force each time that is looked */
		wire_swap(&wire, rulesets[0]);
		if (mallinfo2().uordblks > most[swap / 500])
			most[swap / 500] = mallinfo2().uordblks;
	}
	wire_end(&wire);
	assert_int_equal(wire.ended_packets, sent);
	assert_in_range(most[1], 0, most[0] + 500 * 16); /* 16 bytes a swap would show */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets),
		cmocka_unit_test(swaps_do_not_show),
		cmocka_unit_test(decisions),
		cmocka_unit_test(gone_and_back),
		cmocka_unit_test(silence),
		cmocka_unit_test(late_fates),
		cmocka_unit_test(a_thousand_swaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
