/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

#include <stdio.h>

#include "classifiers/ndpi.h"
#include "control/series.h"

#define RULES                                   \
	"  - {id: first, when: {proto: udp}}\n" \
	"  - {id: second, when: {proto: tcp}}\n"
#define HEADER \
	"time_ns,class,rule,offered_packets,offered_bytes,delivered_packets,delivered_bytes\r\n"
#define MS (1000ull * 1000)

struct sample {
	uint64_t time_ns;
	struct verdict verdict;
	uint32_t bytes;
};

static void expect(const struct sample *samples, size_t count, const char *expected)
{
	struct flow_words words;
	struct series *series;
	struct wire wire;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	wire_begin(&wire, RULES, NULL);
	words = (struct flow_words){rules_compiled(wire.rules), wire.pipeline, NULL};
	series = series_begin(out, &words);
	assert_non_null(series);
	for (size_t i = 0; i < count; i++)
		series_add(series, samples[i].time_ns, &samples[i].verdict, samples[i].bytes);
	series_end(series);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	wire_end(&wire);
}

static void nothing(void **state)
{
	expect(NULL, 0, HEADER);
}

/* Bins begin at multiples of 100 ms; empty ones are not written. */
static void bins(void **state)
{
	const struct sample samples[] = {
		{5, {.rule = RULE_NONE}, 100},
		{100 * MS - 1, {.rule = RULE_NONE}, 1},
		{100 * MS, {.rule = RULE_NONE}, 10},
		{100 * MS, {.rule = RULE_NONE, .fate = FATE_DROP}, 7},
		{1234567 * MS, {.rule = RULE_NONE, .fate = FATE_DROP}, 1500},
	};

	expect(samples, 5,
		HEADER "0,Unknown,,2,101,2,101\r\n"
		       "100000000,Unknown,,2,17,1,10\r\n"
		       "1234500000000,Unknown,,1,1500,0,0\r\n");
}

/* One row a class and rule, in the same order whatever comes first. */
static void classes_and_rules(void **state)
{
	const struct sample samples[] = {
		{1, {.rule = 1, .master = dpi_tls}, 1},
		{2, {.rule = 0}, 2},
		{3, {.rule = 1}, 4},
		{4, {.rule = 0}, 8},
		{5, {.rule = RULE_UNDECIDED}, 16},
	};
	const struct sample reversed[] = {
		samples[4], samples[3], samples[2], samples[1], samples[0]};
	static const char expected[] = HEADER "0,Unknown,first,2,10,2,10\r\n"
					      "0,Unknown,second,1,4,1,4\r\n"
					      "0,Unknown,,1,16,1,16\r\n"
					      "0,TLS,second,1,1,1,1\r\n";

	expect(samples, 5, expected);
	expect(reversed, 5, expected);
}

/* How a flow was decided makes no class; why a packet has no flow does. */
static void reasons(void **state)
{
	const struct sample samples[] = {
		{1, {.rule = 0, .reason = DECISION_HEADER}, 1},
		{2, {.rule = 0, .reason = DECISION_TLS_SNI}, 2},
		{3, {.rule = RULE_NONE, .reason = REASON_FRAGMENT}, 4},
		{4, {.rule = RULE_NONE, .reason = REASON_NOT_IP}, 8},
	};

	expect(samples, 4,
		HEADER "0,Unknown,first,2,3,2,3\r\n"
		       "0,not-ip,,1,8,1,8\r\n"
		       "0,fragment,,1,4,1,4\r\n");
}

/* More classes in one bin than there is room for: the rows are more, the sums stay. */
static void more_than_there_is_room_for(void **state)
{
	enum { CLASSES = 10000 };
	uint64_t packets = 0, bytes = 0, row_packets, row_bytes;
	struct flow_words words;
	struct series *series;
	struct wire wire;
	char *text, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	wire_begin(&wire, RULES, NULL);
	words = (struct flow_words){rules_compiled(wire.rules), wire.pipeline, NULL};
	series = series_begin(out, &words);
	for (uint32_t n = 0; n < 2 * CLASSES; n++) {
		struct verdict verdict = {
			.rule = RULE_NONE, .master = n % CLASSES % 100, .app = n % CLASSES / 100};

		series_add(series, 7, &verdict, n);
	}
	series_end(series);
	fclose(out);
	strtok_r(text, "\r\n", &rest);
	while ((line = strtok_r(NULL, "\r\n", &rest))) {
		assert_int_equal(
			sscanf(line, "%*[^,],%*[^,],,%lu,%lu", &row_packets, &row_bytes), 2);
		packets += row_packets;
		bytes += row_bytes;
	}
	assert_int_equal(packets, 2 * CLASSES);
	assert_int_equal(bytes, (2ull * CLASSES - 1) * CLASSES); /* 0 + 1 + ... + 19999 */
	free(text);
	wire_end(&wire);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(bins),
		cmocka_unit_test(classes_and_rules),
		cmocka_unit_test(reasons),
		cmocka_unit_test(more_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
