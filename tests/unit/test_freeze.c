/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dataplane/prng.h"
#include "dataplane/throttle/kinds.h"
#include "tests/unit/throttle_params.h"

struct settings {
	uint64_t after;
	bool packets;
	uint8_t count, counted, drops; /* counted, drops: 0 is what holds when nothing is said */
};

static union throttle_params freeze_params(const struct settings *settings)
{
	struct throttle_amount after = {settings->after, settings->packets};
	union throttle_params params;
	const char *word;

	params_default(&throttle_freeze, &params);
	params_set(&throttle_freeze, &params, "after", &after, sizeof(after));
	if (!settings->packets)
		params_choice(&throttle_freeze, &params, "count", settings->count);
	if (settings->counted)
		params_choice(&throttle_freeze, &params, "direction", settings->counted);
	if (settings->drops)
		params_choice(&throttle_freeze, &params, "drops", settings->drops);
	assert_null(throttle_freeze.prepare(&params, &word));
	return params;
}

/* A flow of packets "u" (up) and "d" (down) of 40 bytes of headers and 60 of payload; capitals
 * have no payload. The outcome has a '.' for each that passed and an 'x' for each that did not. */
static void play(const union throttle_params *params, const char *flow, uint64_t key, char *outcome)
{
	struct throttle_input input = {.key = key};

	for (; *flow; flow++, outcome++) {
		int direction = *flow == 'd' || *flow == 'D' ? DIRECTION_DOWN : DIRECTION_UP;
		uint32_t payload = *flow == 'u' || *flow == 'd' ? 60 : 0;

		input.direction = direction;
		input.bytes[COUNT_L2] = 58 + payload;
		input.bytes[COUNT_L3] = 40 + payload;
		input.bytes[COUNT_PAYLOAD] = payload;
		input.flow_packets[direction]++;
		input.flow_l3_bytes[direction] += 40 + payload;
		input.flow_payload_bytes[direction] += payload;
		*outcome = params_pass(&throttle_freeze, params, NULL, &input) ? '.' : 'x';
	}
	*outcome = '\0';
}

static void flows(void **state)
{
	enum { UP = DIRECTIONS_UP, DOWN = DIRECTIONS_DOWN, L3 = COUNT_L3, DATA = COUNT_PAYLOAD };
	static const struct {
		const char *what;
		struct settings settings;
		const char *flow, *outcome;
	} rows[] = {
		{"3 packets", {3, true, 0, 0, 0}, "ududud", "...xxx"},
		{"1 packet", {1, true, 0, 0, 0}, "ududud", ".xxxxx"},
		{"packets without payload count", {3, true, 0, 0, 0}, "UDUudd", "...xxx"},
		{"2 packets up", {2, true, 0, UP, 0}, "uddudu", "....xx"},
		{"2 packets up: the third up is the first dropped", {2, true, 0, UP, UP},
			"udduududu", "....x.x.x"},
		{"2 packets down, all dropped", {2, true, 0, DOWN, 0}, "uududud", ".....xx"},
		{"2 packets down, down dropped", {2, true, 0, DOWN, DOWN}, "udududu",
			"....."
			"x."},
		{"3 packets, only down dropped", {3, true, 0, 0, DOWN}, "ududud", "...x.x"},
		/* 100 bytes L3 a packet: the one that crosses still passes */
		{"200 bytes L3 are two packets", {200, false, L3, 0, 0}, "ududud", "..xxxx"},
		{"201 bytes L3 cross in the third", {201, false, L3, 0, 0}, "ududud", "...xxx"},
		{"199 bytes L3 cross in the second", {199, false, L3, 0, 0}, "ududud", "..xxxx"},
		{"1 byte L3", {1, false, L3, 0, 0}, "udud", ".xxx"},
		{"headers count for L3", {120, false, L3, 0, 0}, "UDUudd", "...xxx"},
		/* 60 bytes of payload a packet */
		{"120 bytes of payload", {120, false, DATA, 0, 0}, "ududud", "..xxxx"},
		{"121 bytes of payload", {121, false, DATA, 0, 0}, "ududud", "...xxx"},
		{"empty packets pass before", {60, false, DATA, 0, 0}, "UDUuUD", "....xx"},
		{"60 bytes up, all dropped", {60, false, DATA, UP, 0}, "ddduud", "....xx"},
		{"61 bytes up, up dropped", {61, false, DATA, UP, UP}, "udududu",
			"...."
			"x.x"},
		{"61 bytes down, up dropped", {61, false, DATA, DOWN, UP}, "uddudu", "...x.x"},
	};
	char outcome[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		union throttle_params params = freeze_params(&rows[i].settings);

		play(&params, rows[i].flow, 1, outcome);
		if (strcmp(outcome, rows[i].outcome) != 0)
			fail_msg("%s: %s, not %s", rows[i].what, outcome, rows[i].outcome);
	}
}

/* Which flows are acted on is drawn once a flow: it freezes as a whole or never. */
static void a_share_of_flows(void **state)
{
	static const double shares[] = {0.01, 0.5, 0.9};
	struct settings settings = {2, true, 0, 0, 0};

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		union throttle_params params = freeze_params(&settings);
		uint64_t frozen = 0, flow_count = 100000;
		double sigma = sqrt(flow_count * shares[i] * (1 - shares[i]));

		params_number(
			&throttle_freeze, &params, "probability", (uint64_t)ldexp(shares[i], 64));
		for (uint64_t flow = 0; flow < flow_count; flow++) {
			char outcome[8];
			bool acted;

			play(&params, "ududd", prng_draw(flow, 1), outcome);
			acted = strcmp(outcome, "..xxx") == 0;
			assert_true(acted || strcmp(outcome, ".....") == 0);
			frozen += acted;
		}
		assert_true(fabs(frozen - flow_count * shares[i]) <= 3 * sigma);
	}
}

/* An undecided flow must be decided at the packet that a count would drop: the one behind the
 * limit, in a direction that is dropped. Ten packets up, fifteen down have passed before it. */
static void due(void **state)
{
	static const struct {
		struct throttle_amount after;
		uint8_t counted, drops, direction;
		bool due;
	} rows[] = {
		{{25, true}, DIRECTIONS_BOTH, DIRECTIONS_BOTH, DIRECTION_UP, true},
		{{26, true}, DIRECTIONS_BOTH, DIRECTIONS_BOTH, DIRECTION_UP, false},
		{{15, true}, DIRECTIONS_DOWN, DIRECTIONS_BOTH, DIRECTION_UP, true},
		{{16, true}, DIRECTIONS_DOWN, DIRECTIONS_BOTH, DIRECTION_UP, false},
		{{25, true}, DIRECTIONS_BOTH, DIRECTIONS_DOWN, DIRECTION_UP, false},
		{{25, true}, DIRECTIONS_BOTH, DIRECTIONS_DOWN, DIRECTION_DOWN, true},
		{{25 * 1000, false}, DIRECTIONS_BOTH, DIRECTIONS_BOTH, DIRECTION_DOWN, true},
		{{25 * 1000 + 1, false}, DIRECTIONS_BOTH, DIRECTIONS_BOTH, DIRECTION_DOWN, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct settings settings = {rows[i].after.value, rows[i].after.packets,
			COUNT_PAYLOAD, rows[i].counted, rows[i].drops};
		union throttle_params params = freeze_params(&settings);
		struct throttle_input packet = {.direction = rows[i].direction,
			.bytes = {1058, 1040, 1000},
			.flow_packets = {10, 15},
			.flow_payload_bytes = {10000, 15000}};

		packet.flow_packets[rows[i].direction]++;
		packet.flow_payload_bytes[rows[i].direction] += 1000;
		assert_int_equal(throttle_freeze.due(&params, &packet), rows[i].due);
	}
}

static void refused(void **state)
{
	static const struct {
		struct throttle_amount after;
		int count; /* -1: not said */
		uint64_t probability;
		const char *word; /* NULL: accepted */
	} rows[] = {
		{{0, true}, -1, UINT64_MAX, "after"},
		{{0, false}, COUNT_L3, UINT64_MAX, "after"},
		{{1, true}, -1, UINT64_MAX, NULL},
		{{1, false}, -1, UINT64_MAX, "count"},
		{{1, false}, COUNT_L2, UINT64_MAX, "count"},
		{{1, false}, COUNT_L3, UINT64_MAX, NULL},
		{{1, false}, COUNT_PAYLOAD, UINT64_MAX, NULL},
		{{1, true}, -1, 0, "probability"},
		{{1, true}, -1, 1, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		union throttle_params params;
		const char *word = NULL, *error;

		params_default(&throttle_freeze, &params);
		params_set(
			&throttle_freeze, &params, "after", &rows[i].after, sizeof(rows[i].after));
		if (rows[i].count >= 0)
			params_choice(&throttle_freeze, &params, "count", (uint8_t)rows[i].count);
		params_number(&throttle_freeze, &params, "probability", rows[i].probability);
		error = throttle_freeze.prepare(&params, &word);
		assert_int_equal(!!error, !!rows[i].word);
		if (error)
			assert_string_equal(word, rows[i].word);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows),
		cmocka_unit_test(a_share_of_flows),
		cmocka_unit_test(due),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
