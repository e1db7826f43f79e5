/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

#include <jansson.h>
#include <stdio.h>

#include "control/sequences.h"

#define RULES                                           \
	"  - {id: exempt, when: {server: 192.0.2.9}}\n" \
	"  - {id: cut, when: {proto: [tcp, udp]}, then: [freeze: {after: 25 packets}]}\n"

struct plotted {
	struct rules *rules;
	struct sequences *sequences;
};

static struct plotted begin(void)
{
	static const char text[] = "sluice: 1\nid: test\nrules:\n" RULES;
	struct failure failure = {0};
	struct plotted plotted = {
		.rules = rules_load_text("test", text, strlen(text), NULL, 0, &failure)};

	if (!plotted.rules)
		fail_msg("%s", failure.line);
	plotted.sequences = sequences_begin(rules_compiled(plotted.rules));
	assert_non_null(plotted.sequences);
	return plotted;
}

/* What was written, parsed. The caller decrefs. */
static json_t *end(struct plotted *plotted)
{
	json_error_t error;
	json_t *root;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	sequences_write(plotted->sequences, out);
	fclose(out);
	root = json_loads(text, 0, &error);
	if (!root)
		fail_msg("%s: %s", error.text, text);
	free(text);
	sequences_free(plotted->sequences);
	rules_free(plotted->rules);
	return root;
}

static const char *const addresses[] = {"10.0.0.1", "192.0.2.1"};

static void add(struct plotted *plotted, uint64_t flow, uint64_t time_ns, uint8_t direction,
	uint32_t seq, uint32_t payload_bytes, enum fate fate)
{
	struct segment segment = {.time_ns = time_ns,
		.from = {addresses[direction], direction ? 443 : 1000},
		.to = {addresses[!direction], direction ? 1000 : 443},
		.proto = PROTO_TCP,
		.flags = TCP_ACK,
		.seq = seq,
		.payload_bytes = payload_bytes};
	struct verdict verdict = {.flow = flow, .rule = 1, .fate = fate, .direction = direction};
	struct frame frame;

	frame_make(&frame, &segment);
	sequences_add(plotted->sequences, &frame.packet, &verdict);
}

static json_t *flow_at(json_t *root, size_t i)
{
	return json_array_get(json_object_get(root, "flows"), i);
}

static int64_t number(json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static int64_t point(json_t *flow, size_t i, size_t column)
{
	json_t *points = json_object_get(flow, "points");

	return json_integer_value(json_array_get(json_array_get(points, i), column));
}

/* Time since the first, direction, where the packet ends in its stream, dropped. */
static void points_of_a_flow(void **state)
{
	static const struct {
		uint64_t time_ns;
		uint8_t direction;
		uint32_t seq, bytes;
		enum fate fate;
		int64_t end;
	} rows[] = {
		{5000, DIRECTION_UP, 100, 50, FATE_FORWARD, 50},
		{5001, DIRECTION_DOWN, 0xffffff00, 512, FATE_FORWARD, 512}, /* the number wraps */
		{5002, DIRECTION_DOWN, 256, 1000, FATE_DROP, 1512},
		{5003, DIRECTION_DOWN, 256, 1000, FATE_FORWARD, 1512}, /* repeated */
		{5004, DIRECTION_DOWN, 0xffffff00, 512, FATE_FORWARD, 512},
		{5005, DIRECTION_UP, 1150, 50, FATE_FORWARD, 1100}, /* after a gap of 1000 */
		{5006, DIRECTION_UP, 150, 500, FATE_FORWARD, 550},
		{5007, DIRECTION_UP, 10, 20, FATE_FORWARD, 0}, /* from before the first */
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct plotted plotted = begin();
	json_t *root, *flow;

	for (size_t i = 0; i < ROWS; i++)
		add(&plotted, 9, rows[i].time_ns, rows[i].direction, rows[i].seq, rows[i].bytes,
			rows[i].fate);
	sequences_name(plotted.sequences, 9, (const uint8_t *)"a\"\\\n<b", 6);
	sequences_name(plotted.sequences, 8, (const uint8_t *)"nobody", 6);
	root = end(&plotted);
	flow = flow_at(root, 0);
	assert_int_equal(json_array_size(json_object_get(root, "flows")), 1);
	assert_int_equal(number(flow, "flow"), 9);
	assert_int_equal(number(flow, "first_ns"), 5000);
	assert_int_equal(number(flow, "dropped"), 1);
	assert_string_equal(json_string_value(json_object_get(flow, "name")), "a?"
									      "?"
									      "?<b");
	assert_string_equal(json_string_value(json_object_get(flow, "client")), "10.0.0.1:1000");
	assert_string_equal(json_string_value(json_object_get(flow, "server")), "192.0.2.1:443");
	assert_int_equal(json_array_size(json_object_get(flow, "points")), ROWS);
	for (size_t i = 0; i < ROWS; i++) {
		assert_int_equal(point(flow, i, 0), rows[i].time_ns - 5000);
		assert_int_equal(point(flow, i, 1), rows[i].direction);
		assert_int_equal(point(flow, i, 2), rows[i].end);
		assert_int_equal(point(flow, i, 3), rows[i].fate == FATE_DROP);
	}
	json_decref(root);
}

/* Who sent the first packet that was seen here does not matter: the client is the client. */
static void an_answer_comes_first(void **state)
{
	struct plotted plotted = begin();
	json_t *root;

	add(&plotted, 1, 0, DIRECTION_DOWN, 1, 10, FATE_FORWARD);
	root = end(&plotted);
	assert_string_equal(
		json_string_value(json_object_get(flow_at(root, 0), "client")), "10.0.0.1:1000");
	json_decref(root);
}

static void only_rules_that_throttle(void **state)
{
	static const uint16_t rules[] = {0, RULE_NONE, RULE_UNDECIDED, 2};
	struct plotted plotted = begin();
	json_t *root;

	for (uint64_t i = 0; i < 4; i++) {
		struct segment segment = {
			.from = {"10.0.0.1", 1}, .to = {"192.0.2.9", 2}, .proto = PROTO_UDP};
		struct verdict verdict = {.flow = i + 1, .rule = rules[i]};
		struct frame frame;

		frame_make(&frame, &segment);
		sequences_add(plotted.sequences, &frame.packet, &verdict);
	}
	root = end(&plotted);
	assert_int_equal(json_array_size(json_object_get(root, "flows")), 0);
	json_decref(root);
}

/* The 24 that lost most of 1000, of which 256 are followed: flow n loses n % 50 packets. */
static void the_worst_are_written(void **state)
{
	struct plotted plotted = begin();
	int64_t before = 50;
	json_t *root;

	for (uint64_t flow = 1; flow <= 1000; flow++) {
		for (uint64_t n = 0; n <= flow % 50; n++)
			add(&plotted, flow, flow, DIRECTION_UP, 1, 1, n ? FATE_DROP : FATE_FORWARD);
	}
	root = end(&plotted);
	assert_int_equal(json_array_size(json_object_get(root, "flows")), 24);
	for (size_t i = 0; i < 24; i++) {
		json_t *flow = flow_at(root, i);

		assert_int_equal(number(flow, "dropped"), number(flow, "flow") % 50);
		assert_true(number(flow, "dropped") <= before);
		before = number(flow, "dropped");
	}
	/* of the first 256, five lose 49 (49, 99, ... 249), five 48, and so on: 4 * 5 + 4 */
	assert_int_equal(before, 45);
	json_decref(root);
}

/* A long flow, one packet in `drop_every` dropped (0: none): at most 4096 points, in order of time,
 * each one of those that were put in, and spread over all of it. */
static void long_flows_are_thinned(void **state)
{
	static const uint32_t drop_everys[] = {0, 1, 2, 100};
	enum { PACKETS = 100000 };

	for (size_t i = 0; i < sizeof(drop_everys) / sizeof(drop_everys[0]); i++) {
		uint32_t every = drop_everys[i];
		struct plotted plotted = begin();
		int64_t before = -1, gap = 0;
		json_t *root, *flow;
		size_t count;

		for (uint32_t n = 0; n < PACKETS; n++)
			add(&plotted, 1, n, DIRECTION_UP, n * 10, 10,
				every && n % every == 0 ? FATE_DROP : FATE_FORWARD);
		root = end(&plotted);
		flow = flow_at(root, 0);
		count = json_array_size(json_object_get(flow, "points"));
		assert_true(count > 1024 && count <= 4096);
		for (size_t n = 0; n < count; n++) {
			int64_t time_ns = point(flow, n, 0);

			assert_true(time_ns > before);
			gap = time_ns - before > gap ? time_ns - before : gap;
			before = time_ns;
			assert_int_equal(point(flow, n, 2), (time_ns + 1) * 10);
			assert_int_equal(point(flow, n, 3), every && time_ns % every == 0);
		}
		/* 1024 points or more over 100,000 packets are 98 apart: four times that is a hole
		 */
		assert_true(gap <= 400 && PACKETS - before <= 400);
		json_decref(root);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_of_a_flow),
		cmocka_unit_test(an_answer_comes_first),
		cmocka_unit_test(only_rules_that_throttle),
		cmocka_unit_test(the_worst_are_written),
		cmocka_unit_test(long_flows_are_thinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
