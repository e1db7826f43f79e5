/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens when the flow table is full. */
#include "tests/unit/wire.h"

static struct segment from_client(uint32_t n, uint64_t time_ns, char *address)
{
	struct segment segment = {.time_ns = time_ns,
		.from = {address, 1000},
		.to = {"192.0.2.1", 443},
		.proto = PROTO_TCP,
		.flags = TCP_SYN};

	snprintf(address, 32, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	return segment;
}

/* A flow with a packet in each direction; returns its id. */
static uint64_t establish(struct wire *wire, uint32_t n, uint64_t time_ns)
{
	char address[32];
	struct segment syn = from_client(n, time_ns, address);
	struct segment answer = {.time_ns = time_ns,
		.from = syn.to,
		.to = syn.from,
		.proto = PROTO_TCP,
		.flags = TCP_SYN | TCP_ACK};
	uint64_t id = wire_send(wire, &syn).flow;

	assert_int_equal(wire_send(wire, &answer).flow, id);
	return id;
}

/* 700 established flows of 1000, silent for minutes, and 100,000 connections that are never
 * answered, 10 ms apart: a quarter of the table is all that they can have. */
static void syn_flood(void **state)
{
	enum { ESTABLISHED = 700, FLOOD = 100000 };
	struct pipeline_options options = {.flows = 1000, .growing = true};
	static uint64_t ids[ESTABLISHED];
	uint64_t most = 0;
	char address[32];
	struct wire wire;

	wire_begin(&wire, "  - {id: a, when: {proto: tcp}, state: {idle: 2h}}\n", &options);
	for (uint32_t n = 0; n < ESTABLISHED; n++)
		ids[n] = establish(&wire, n, n);
	for (uint32_t n = 0; n < FLOOD; n++) {
		struct segment syn =
			from_client(1000000 + n, SECOND_NS + n * SECOND_NS / 100, address);
		struct verdict verdict = wire_send(&wire, &syn);

		assert_true(verdict.flow != 0);
		most = wire_live(&wire) > most ? wire_live(&wire) : most;
	}
	assert_true(most >= ESTABLISHED + 240 && most <= ESTABLISHED + 250);
	assert_int_equal(wire_event(&wire, EVENT_FLOWS_EVICTED_IDLE), 0);
	assert_true(wire_event(&wire, EVENT_FLOWS_EVICTED_EMBRYONIC) >= FLOOD - 250);
	for (uint32_t n = 0; n < ESTABLISHED; n++) {
		struct segment syn = from_client(n, 1100 * SECOND_NS, address);

		assert_int_equal(wire_send(&wire, &syn).flow, ids[n]);
	}
	wire_end(&wire);
}

/* 160 established flows, last heard of at 0, 1, ... 159 ms, fill the table. Ten seconds of silence
 * later the oldest sixteenth makes room, 160 / 16 and one more; until then what is new passes
 * untracked. A search in vain is repeated after a second. */
static void full_of_established_flows(void **state)
{
	static const struct {
		uint64_t ms;
		bool tracked;
		uint64_t evicted;
	} rows[] = {
		{200, false, 0}, {10009, false, 0},   /* the eleventh has been silent for 9999 ms */
		{11008, false, 0},                    /* no search */
		{11009, true, 11}, {11009, true, 11}, /* there is room for ten more */
	};
	struct pipeline_options options = {.flows = 160, .growing = true};
	uint64_t untracked = 0;
	char address[32];
	struct fates total;
	struct wire wire;

	wire_begin(&wire, "  - {id: a, when: {proto: tcp}, then: [drop: {after: 2 packets}]}\n",
		&options);
	for (uint32_t n = 0; n < 160; n++)
		establish(&wire, n, n * 1000000);
	assert_int_equal(wire_live(&wire), 160);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct segment syn = from_client(1000 + i, rows[i].ms * 1000000, address);
		struct verdict verdict = wire_send(&wire, &syn);

		untracked += !rows[i].tracked;
		assert_int_equal(verdict.fate, FATE_FORWARD);
		assert_int_equal(verdict.flow, rows[i].tracked ? wire.packets : 0);
		assert_int_equal(verdict.rule, rows[i].tracked ? 0 : RULE_NONE);
		assert_int_equal(
			verdict.reason, rows[i].tracked ? DECISION_HEADER : REASON_UNTRACKED);
		assert_int_equal(wire_event(&wire, EVENT_FLOWS_UNTRACKED), untracked);
		assert_int_equal(wire_event(&wire, EVENT_FLOWS_EVICTED_IDLE), rows[i].evicted);
		assert_int_equal(wire.endings[ENDING_EVICTED], rows[i].evicted);
		assert_true(wire_live(&wire) <= 160);
	}
	total = counters_total(pipeline_counters(wire.pipeline));
	assert_int_equal(total.received.packets, 320 + 5);
	assert_int_equal(total.forwarded.packets, 320 + 5);
	wire_end(&wire);
}

/* Idle flows are let go before anybody is evicted. */
static void idle_ones_go_first(void **state)
{
	struct pipeline_options options = {.flows = 100, .growing = true};
	char address[32];
	struct wire wire;

	wire_begin(&wire, "  - {id: all, when: {proto: tcp}, state: {idle: 600s}}\n", &options);
	for (uint32_t n = 0; n < 100; n++)
		establish(&wire, n, n < 50 ? 0 : 300 * SECOND_NS);
	for (uint32_t n = 0; n < 20; n++) {
		struct segment syn = from_client(1000 + n, 700 * SECOND_NS, address);

		assert_true(wire_send(&wire, &syn).flow != 0);
	}
	assert_int_equal(wire.endings[ENDING_IDLE], 50);
	assert_int_equal(wire.endings[ENDING_EVICTED], 0);
	wire_end(&wire);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_flood),
		cmocka_unit_test(full_of_established_flows),
		cmocka_unit_test(idle_ones_go_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
