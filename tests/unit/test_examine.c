/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

#include "classifiers/classify.h"
#include "dataplane/examine.h"

/* The packets of a connection, one character each; capitals come from the server. */
static struct segment packet_for(char c, bool *known)
{
	static uint8_t hello[128], other[128], ones[1000];
	uint32_t hello_bytes = frame_hello(hello, "www.t.co");
	uint32_t other_bytes = frame_hello(other, "www.example.org");
	static const char request[] = "GET / HTTP/1.1\r\nHost: www.t.co\r\n\r\n";
	const struct {
		char c;
		uint8_t flags;
		const void *payload;
		uint32_t payload_bytes;
	} packets[] = {
		{'s', TCP_SYN, NULL, 0},
		{'a', TCP_ACK, NULL, 0},
		{'h', TCP_ACK, hello, hello_bytes},
		{'o', TCP_ACK, other, other_bytes},
		{'1', TCP_ACK, hello, 30},
		{'2', TCP_ACK, hello + 30, hello_bytes - 30},
		{'q', TCP_ACK, request, sizeof(request) - 1},
		{'x', TCP_ACK, ones, 10},
		{'k', TCP_ACK, ones, 100},
		{'g', TCP_ACK, ones, 101},
		{'b', TCP_ACK, "SSH-2.0-OpenSSH_9.2\r\n", 21},
	};
	char lower = c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
	struct segment segment = {.proto = PROTO_TCP};

	memset(ones, 1, sizeof(ones));
	*known = false;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		if (packets[i].c != lower)
			continue;
		segment.flags = packets[i].flags;
		segment.payload = packets[i].payload;
		segment.payload_bytes = packets[i].payload_bytes;
		*known = true;
	}
	return segment;
}

static void play(struct wire *wire, const char *packets, uint16_t client_port, uint16_t server_port)
{
	struct end ends[] = {{"10.0.0.1", client_port}, {"192.0.2.1", server_port}};
	uint32_t seq[2] = {1000, 5000};

	for (; *packets; packets++) {
		bool down = *packets >= 'A' && *packets <= 'Z', known;
		struct segment segment = packet_for(*packets, &known);

		assert_true(known);
		segment.from = ends[down];
		segment.to = ends[!down];
		segment.seq = seq[down];
		seq[down] += segment.payload_bytes + !!(segment.flags & TCP_SYN);
		wire_send(wire, &segment);
	}
}

#define INSPECT(reassembly)                                                                   \
	"inspect: {directions: both, reassembly: {tcp: " reassembly ", tls_records: first}, " \
	"budget: {packets: 3, give_up_on_unrecognised_over: 100B}}"
#define BLOCKED(reassembly)                                         \
	"  - {id: blocked, when: {tls.sni: ['**.t.co']}, " INSPECT( \
		reassembly) "}\n"                                   \
			    "  - {id: port, when: {server_port: 8443}}\n"
#define UP                                                                                \
	"  - {id: blocked, when: {name: ['**.t.co']}, inspect: {directions: up, budget: " \
	"{packets: 2}}}\n"
#define NOT "  - {id: not, when: {not: {tls.sni: ['**.t.co']}}, " INSPECT("none") "}\n"
#define COUNTS                                                    \
	"  - {id: named, when: {tls.sni: ['**.t.co']}, " INSPECT( \
		"none") "}\n"                                     \
			"  - {id: cut, when: {proto: tcp}, then: [freeze: {after: 3 packets}]}\n"
#define APPS "  - {id: ssh, when: {app: SSH}}\n"

static void decisions(void **state)
{
	static const struct {
		const char *rules, *packets;
		uint16_t server_port, rule;
		uint32_t decided_at;
		enum decision reason;
	} rows[] = {
		{BLOCKED("none"), "sh", 443, 0, 2, DECISION_TLS_SNI},
		{BLOCKED("none"), "sSah", 443, 0, 4, DECISION_TLS_SNI},
		{BLOCKED("none"), "sH", 443, 0, 2, DECISION_TLS_SNI},
		{BLOCKED("none"), "sh", 8443, 0, 2, DECISION_TLS_SNI},
		{BLOCKED("none"), "so", 443, RULE_UNDECIDED, 0, DECISION_UNDECIDED},
		{BLOCKED("none"), "soxx", 443, RULE_NONE, 4, DECISION_BUDGET},
		{BLOCKED("none"), "soxx", 8443, 1, 4, DECISION_BUDGET},
		{BLOCKED("none"), "saxaxaxh", 443, RULE_NONE, 7, DECISION_BUDGET},
		{BLOCKED("none"), "sxxh", 443, 0, 4, DECISION_TLS_SNI},
		{BLOCKED("none"), "sXXh", 443, 0, 4, DECISION_TLS_SNI},
		{BLOCKED("none"), "sXxXh", 443, RULE_NONE, 4, DECISION_BUDGET},
		{BLOCKED("none"), "sgh", 443, RULE_NONE, 2, DECISION_GAVE_UP},
		{BLOCKED("none"), "sgh", 8443, 1, 2, DECISION_GAVE_UP},
		{BLOCKED("none"), "sGh", 443, RULE_NONE, 2, DECISION_GAVE_UP},
		{BLOCKED("none"), "skh", 443, 0, 3, DECISION_TLS_SNI},
		{BLOCKED("none"), "sxgh", 443, 0, 4, DECISION_TLS_SNI}, /* only the first */
		{BLOCKED("none"), "sqh", 443, 0, 3, DECISION_TLS_SNI},  /* HTTP is recognised */
		{BLOCKED("none"), "s12x", 443, RULE_NONE, 4, DECISION_BUDGET},
		{BLOCKED("in-order"), "s12x", 443, 0, 3, DECISION_TLS_SNI},
		{BLOCKED("full"), "s12x", 443, 0, 3, DECISION_TLS_SNI},
		{BLOCKED("in-order"), "sx12", 443, 0, 4, DECISION_TLS_SNI},
		{UP, "sH", 443, RULE_UNDECIDED, 0, DECISION_UNDECIDED},
		{UP, "sXXXh", 443, 0, 5, DECISION_TLS_SNI},
		{UP, "sq", 443, 0, 2, DECISION_HTTP_HOST},
		{NOT, "sh", 443, RULE_NONE, 2, DECISION_TLS_SNI},
		{NOT, "sxxx", 443, 0, 4, DECISION_BUDGET},
		{NOT, "sg", 443, 0, 2, DECISION_GAVE_UP},
		{COUNTS, "sh", 443, 0, 2, DECISION_TLS_SNI},
		{COUNTS, "saa", 443, RULE_UNDECIDED, 0, DECISION_UNDECIDED},
		{COUNTS, "saah", 443, 0, 4, DECISION_TLS_SNI}, /* just in time */
		{COUNTS, "saaah", 443, 1, 4, DECISION_COUNT_DUE},
		{COUNTS, "sSaah", 443, 1, 4, DECISION_COUNT_DUE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire wire;

		wire_begin(&wire, rows[i].rules, NULL);
		play(&wire, rows[i].packets, 1000, rows[i].server_port);
		wire_end(&wire);
		if (wire.flow.rule != rows[i].rule ||
			wire.record.decided_at != rows[i].decided_at ||
			wire.record.reason != rows[i].reason)
			fail_msg("row %zu, %s: rule %u at %u, %s", i, rows[i].packets,
				wire.flow.rule, wire.record.decided_at,
				reason_words[wire.record.reason]);
	}
}

/* Both banners of SSH (RFC 4253) and no name: what the flow is decides. */
static void by_application(void **state)
{
	struct wire wire;

	wire_begin(&wire, APPS, NULL);
	play(&wire, "sSabB", 1000, 22);
	wire_end(&wire);
	assert_int_equal(wire.flow.rule, 0);
	assert_int_equal(wire.record.reason, DECISION_APP);
	assert_in_range(wire.record.decided_at, 4, 5);
	assert_int_equal(wire.record.by, BY_SSH);
}

/* At the end of the input what is known is kept, also of flows that were never decided. */
static void names_are_kept(void **state)
{
	static const struct {
		const char *packets, *name;
		enum classified_by by;
	} rows[] = {
		{"sh", "www.t.co", BY_TLS},
		{"s12", "www.t.co", BY_TLS},
		{"so", "www.example.org", BY_TLS},
		{"sq", "www.t.co", BY_HTTP},
		{"s1", "", BY_NOTHING},
		{"s", "", BY_NOTHING},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire wire;

		wire_begin(&wire, BLOCKED("none"), NULL);
		play(&wire, rows[i].packets, 1000, 443);
		wire_end(&wire);
		assert_string_equal(wire.name, rows[i].name);
		if (rows[i].by)
			assert_int_equal(wire.record.by, rows[i].by);
	}
}

/* Names and applications of protocols that can have none are settled by the first packet. */
static void other_protocols(void **state)
{
	static const struct {
		uint8_t proto;
		uint16_t server_port, rule;
	} rows[] = {
		{PROTO_UDP, 8443, 1},
		{PROTO_UDP, 443, RULE_NONE},
		{PROTO_ICMP, 0, RULE_NONE},
		{47, 0, RULE_NONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct segment segment = {.from = {"10.0.0.1", 1000},
			.to = {"192.0.2.1", rows[i].server_port},
			.proto = rows[i].proto,
			.payload_bytes = 100};
		struct wire wire;

		wire_begin(&wire, BLOCKED("none"), NULL);
		wire_send(&wire, &segment);
		wire_end(&wire);
		assert_int_equal(wire.flow.rule, rows[i].rule);
		assert_int_equal(wire.record.decided_at, 1);
		assert_int_equal(wire.record.reason, DECISION_HEADER);
	}
}

/* 600 connections stop in the middle of a hello. Each wants a buffer for the record and one for
 * the rule; there are 512, and what is refused is counted. */
static void buffers_run_out(void **state)
{
	struct wire wire;

	wire_begin(&wire, BLOCKED("in-order"), NULL);
	for (uint16_t n = 1; n <= 600; n++)
		play(&wire, "s1", n, 443);
	assert_int_equal(wire_event(&wire, EVENT_STREAMS_REFUSED), 2 * 600 - 512);
	/* those that ended have given theirs back */
	pipeline_finish(wire.pipeline);
	play(&wire, "s12", 5000, 443);
	assert_int_equal(wire_event(&wire, EVENT_STREAMS_REFUSED), 2 * 600 - 512);
	wire_end(&wire);
	assert_int_equal(wire.flow.rule, 0);
}

/* A rule that reads as the record is read shares its buffer. */
static void ways_are_shared(void **state)
{
	static const char rules[] =
		"  - {id: a, when: {tls.sni: ['*x*']}, inspect: {directions: both, reassembly: "
		"{tcp: "
		"full, tls_records: all}}}\n"
		"  - {id: b, when: {tls.sni: ['*y*']}, inspect: {directions: up, reassembly: {tcp: "
		"full, tls_records: all}}}\n";
	struct wire wire;

	wire_begin(&wire, rules, NULL);
	for (uint16_t n = 1; n <= 512; n++)
		play(&wire, "s1", n, 443);
	assert_int_equal(wire_event(&wire, EVENT_STREAMS_REFUSED), 0);
	play(&wire, "s1", 513, 443);
	assert_int_equal(wire_event(&wire, EVENT_STREAMS_REFUSED), 1);
	wire_end(&wire);
}

/* One examination for two flows: the second is decided by its header alone. */
static void no_room_to_inspect(void **state)
{
	static const struct examiner_limits limits = {1, 1, 1};
	static const uint16_t ports[] = {443, 8443, 443}, rules[] = {RULE_UNDECIDED, 1, RULE_NONE};
	struct examiner examiner = {0};
	struct counters counters;
	struct flow_table *table = flow_table_new(16, true, 0);
	struct flow *flows[3];
	struct wire wire;

	wire_begin(&wire, BLOCKED("none"), NULL);
	assert_true(counters_begin(&counters, 2, 1));
	assert_true(examiner_begin(
		&examiner, rules_compiled(wire.rules), table, &counters, &limits, false));
	for (uint64_t n = 0; n < 3; n++) {
		struct flow_key key = {{n, n}};
		struct flow_record *record;

		flows[n] = flow_insert(table, &key, flow_table_hash(table, &key));
		record = flow_record(table, flows[n]);
		record->proto = PROTO_TCP;
		record->ip_version = 4;
		record->server_port = ports[n];
		flows[n]->packets[0] = 1;
		examine_begin(&examiner, flows[n]);
		assert_int_equal(flows[n]->rule, rules[n]);
		assert_int_equal(record->reason, n ? DECISION_NO_ROOM : DECISION_UNDECIDED);
		assert_int_equal(!!(flows[n]->flags & FLOW_EXAMINED), n == 0);
	}
	assert_int_equal(counters.events[EVENT_FLOWS_UNEXAMINED], 2);
	for (int n = 0; n < 3; n++)
		examine_end(&examiner, flows[n]);
	assert_int_equal(examiner.examinations.used, 0);
	assert_int_equal(flows[0]->flags & FLOW_EXAMINED, 0);
	examiner_end(&examiner);
	counters_end(&counters);
	flow_table_free(table);
	wire_end(&wire);
}

/* A pipeline that is freed with flows under examination leaves nothing behind. */
static void freed_in_the_middle(void **state)
{
	struct wire wire;

	wire_begin(&wire, BLOCKED("in-order"), NULL);
	for (uint16_t n = 1; n <= 50; n++)
		play(&wire, n % 2 ? "s1" : "sxb", n, 443);
	pipeline_free(wire.pipeline);
	assert_int_equal(wire.ended, 0);
	prefixes_free(wire.inside);
	rules_free(wire.rules);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions),
		cmocka_unit_test(by_application),
		cmocka_unit_test(names_are_kept),
		cmocka_unit_test(other_protocols),
		cmocka_unit_test(buffers_run_out),
		cmocka_unit_test(ways_are_shared),
		cmocka_unit_test(no_room_to_inspect),
		cmocka_unit_test(freed_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
