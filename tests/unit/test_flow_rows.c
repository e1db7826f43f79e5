/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "classifiers/classify.h"
#include "control/flow_rows.h"

#define RULES                                   \
	"  - {id: first, when: {proto: udp}}\n" \
	"  - {id: second, when: {proto: tcp}}\n"

static const struct flow plain_flow = {
	.rule = 1, .last_ns = 2000, .packets = {3, 4}, .bytes = {300, 4000}};

static struct flow_record plain_record(uint64_t id)
{
	struct flow_record record = {.id = id,
		.first_ns = 1000,
		.client = {10, 0, 0, 1},
		.server = {192, 0, 2, 1},
		.client_port = 1234,
		.server_port = 443,
		.ip_version = 4,
		.proto = PROTO_TCP,
		.initiator = INITIATOR_INSIDE,
		.decided_at = 2,
		.reason = DECISION_TLS_SNI};

	return record;
}

static void add(struct flow_rows *rows, const struct flow *flow, const struct flow_record *record,
	const char *name, uint32_t len)
{
	struct flow_ended ended = {.flow = flow,
		.record = record,
		.name = {(const uint8_t *)name, len},
		.ending = ENDING_INPUT};

	flow_rows_add(rows, &ended);
}

/* What is written for some lists; the caller frees. */
static char *written(struct flow_rows *const lists[], unsigned count, struct flow_totals *totals)
{
	struct flow_words words;
	struct wire wire;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	wire_begin(&wire, RULES, NULL);
	words = (struct flow_words){rules_compiled(wire.rules), wire.pipeline,
		sequences_begin(rules_compiled(wire.rules))};
	assert_true(flow_rows_write(lists, count, &words, totals, out));
	fclose(out);
	sequences_free(words.sequences);
	wire_end(&wire);
	return text;
}

static void expect_row(const struct flow *flow, const struct flow_record *record, const char *name,
	uint32_t len, const char *expected)
{
	struct flow_rows rows = {0}, *lists[] = {&rows};
	struct flow_totals totals = {0};
	char *text;

	add(&rows, flow, record, name, len);
	text = written(lists, 1, &totals);
	assert_string_equal(text, expected);
	assert_int_equal(totals.flows, 1);
	free(text);
	flow_rows_free(&rows);
}

static void header(void **state)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	flow_rows_header(out);
	fclose(out);
	assert_string_equal(text,
		"flow,proto,client,client_port,server,server_port,initiator,first_ns,last_ns,"
		"class,name,rule,decided_at,reason,up_packets,up_bytes,up_dropped,down_packets,"
		"down_bytes,down_dropped,held,delay_ns_max,up_dropped_bytes,down_dropped_bytes"
		"\r\n");
	free(text);
}

static void columns(void **state)
{
	struct flow flow = plain_flow;
	struct flow_record record = plain_record(7);

	expect_row(&flow, &record, "www.t.co", 8,
		"7,tcp,10.0.0.1,1234,192.0.2.1,443,inside,1000,2000,Unknown,www.t.co,second,2,"
		"tls.sni,3,300,0,4,4000,0,0,0,0,0\r\n");
	flow.rule = RULE_NONE;
	record.reason = DECISION_BUDGET;
	record.dropped[0] = 1;
	record.dropped[1] = 2;
	record.dropped_bytes[0] = 100;
	record.dropped_bytes[1] = 3000;
	record.held = 5;
	record.delay_ns_max = 6;
	record.initiator = INITIATOR_OUTSIDE;
	record.proto = 47;
	record.master = dpi_tls;
	record.by = BY_GUESS;
	expect_row(&flow, &record, NULL, 0,
		"7,47,10.0.0.1,1234,192.0.2.1,443,outside,1000,2000,TLS (guess),,,2,"
		"budget-spent,3,300,1,4,4000,2,5,6,100,3000\r\n");
}

static void ipv6_and_unknown_sides(void **state)
{
	struct flow_record record = plain_record(1);

	record.ip_version = 6;
	record.proto = PROTO_UDP;
	record.initiator = INITIATOR_UNKNOWN;
	inet_pton(AF_INET6, "2001:db8::1", record.client);
	inet_pton(AF_INET6, "1:2:3:4:5:6:7:8", record.server);
	expect_row(&plain_flow, &record, NULL, 0,
		"1,udp,2001:db8::1,1234,1:2:3:4:5:6:7:8,443,unknown,1000,2000,Unknown,,second,2,"
		"tls.sni,3,300,0,4,4000,0,0,0,0,0\r\n");
}

/* Every number at its largest; 2^32 + 3 packets. */
static void large_numbers(void **state)
{
	struct flow_record record = plain_record(UINT64_MAX);
	struct flow flow = {.rule = RULE_UNDECIDED,
		.last_ns = UINT64_MAX,
		.packets = {3, UINT32_MAX},
		.bytes = {UINT64_MAX, UINT64_MAX}};

	record.packets_high[0] = 1;
	record.packets_high[1] = UINT32_MAX;
	record.first_ns = record.delay_ns_max = UINT64_MAX;
	record.held = record.decided_at = UINT32_MAX;
	expect_row(&flow, &record, NULL, 0,
		"18446744073709551615,tcp,10.0.0.1,1234,192.0.2.1,443,inside,"
		"18446744073709551615,18446744073709551615,Unknown,,,4294967295,tls.sni,"
		"4294967299,18446744073709551615,0,18446744073709551615,18446744073709551615,0,"
		"4294967295,18446744073709551615,0,0\r\n");
}

/* RFC 4180, and nothing that a terminal or a reader of lines could take for more than text. */
static void names(void **state)
{
	static const struct {
		const char *name;
		uint32_t len;
		const char *written;
	} rows[] = {
		{"a.b", 3, "a.b"},
		{"a,b", 3, "\"a,b\""},
		{"a\"b", 3, "\"a\"\"b\""},
		{"\"", 1, "\"\"\"\""},
		{"a\r\nb", 4, "a\\x0d\\x0ab"},
		{"a\0b", 3, "a\\x00b"},
		{"\x1b[2J", 4, "\\x1b[2J"},
		{"\xff\x7f ~", 4, "\\xff\\x7f ~"},
		{",\n", 2, "\",\\x0a\""},
	};
	struct flow_record record = plain_record(7);
	char expected[4096], longest[255];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(expected, sizeof(expected),
			"7,tcp,10.0.0.1,1234,192.0.2.1,443,inside,1000,2000,Unknown,%s,second,2,"
			"tls.sni,3,300,0,4,4000,0,0,0,0,0\r\n",
			rows[i].written);
		expect_row(&plain_flow, &record, rows[i].name, rows[i].len, expected);
	}
	for (int quote = 0; quote <= 1; quote++) { /* 255 bytes that take four, or two each */
		char all[1100] = "", *end = all;

		memset(longest, quote ? '"' : '\1', sizeof(longest));
		end = stpcpy(end, quote ? "\"" : "");
		for (int i = 0; i < 255; i++)
			end = stpcpy(end, quote ? "\"\"" : "\\x01");
		stpcpy(end, quote ? "\"" : "");
		snprintf(expected, sizeof(expected),
			"7,tcp,10.0.0.1,1234,192.0.2.1,443,inside,1000,2000,Unknown,%s,second,2,"
			"tls.sni,3,300,0,4,4000,0,0,0,0,0\r\n",
			all);
		expect_row(&plain_flow, &record, longest, 255, expected);
	}
}

/* Rows of several lists come in the order of first packets; 3000 rows make the lists grow. */
static void order(void **state)
{
	enum { LISTS = 3, ROWS = 3000 };
	struct flow_rows lists[LISTS] = {0}, *pointers[] = {lists, lists + 1, lists + 2};
	struct flow_totals totals = {0};
	char *text, *line, *rest;
	uint64_t expected = 0;

	for (int round = 0; round < 2; round++) { /* cleared lists are used again */
		for (int i = 0; i < LISTS; i++)
			flow_rows_clear(&lists[i]);
		for (uint64_t n = 0; n < ROWS; n++) {
			uint64_t id = (n * 7919 + round) % ROWS + 1; /* 7919 is prime */
			struct flow_record record = plain_record(id);
			char name[256];

			memset(name, 'a', sizeof(name));
			record.dropped[id % 2] = id % 10 == 0;
			add(&lists[n % LISTS], &plain_flow, &record, name, id % 256);
		}
	}
	text = written(pointers, LISTS, &totals);
	for (line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
		const char *name = strstr(line, "Unknown,");

		assert_int_equal(strtoul(line, NULL, 10), ++expected);
		assert_non_null(name);
		assert_int_equal(strspn(name + 8, "a"), expected % 256);
	}
	assert_int_equal(expected, ROWS);
	assert_int_equal(totals.flows, ROWS);
	assert_int_equal(totals.throttled, ROWS / 10);
	free(text);
	for (int i = 0; i < LISTS; i++) {
		assert_false(lists[i].failed);
		flow_rows_free(&lists[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(header),
		cmocka_unit_test(columns),
		cmocka_unit_test(ipv6_and_unknown_sides),
		cmocka_unit_test(large_numbers),
		cmocka_unit_test(names),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
