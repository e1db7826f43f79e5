/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/wire.h"

#define MS_NS 1000000ull

/* A flow of 1000-byte packets, both ways in turn, 10 ms apart, is decided by its first one. */
static struct segment packet_of(uint64_t number, uint16_t port)
{
	static const struct end ends[2] = {{"10.0.0.1", 40000}, {"192.0.2.1", 443}};
	struct segment segment = {.time_ns = number * 10 * MS_NS,
		.from = ends[number % 2],
		.to = ends[!(number % 2)],
		.proto = PROTO_UDP,
		.payload_bytes = 972};

	if (number % 2)
		segment.to.port = port;
	else
		segment.from.port = port;
	return segment;
}

/* The number, from 0, of the first packet that does not pass; 1000: all pass. */
static unsigned first_dropped(struct wire *wire, uint16_t port)
{
	for (unsigned number = 0; number < 1000; number++) {
		struct segment segment = packet_of(number, port);

		if (wire_send(wire, &segment).fate == FATE_DROP)
			return number;
	}
	return 1000;
}

static void begin(struct wire *wire, const char *step)
{
	char rules[256];

	snprintf(rules, sizeof(rules), "  - {id: a, when: {proto: udp}, then: [%s]}\n", step);
	wire_begin(wire, rules, NULL);
}

static void one_bound(void **state)
{
	static const struct {
		const char *step;
		unsigned first;
	} rows[] = {
		{"drop", 0},
		{"drop: {begins: 0 packets}", 1}, /* what follows the one that decided */
		{"drop: {begins: 5 packets}", 6},
		{"drop: {begins: 5 packets, direction: up}", 6},
		{"drop: {begins: 6 packets, direction: up}", 8},
		{"drop: {begins: 110ms}", 11},
		{"drop: {begins: 105ms}", 11},
		{"drop: {begins: 5000B}", 6}, /* 5 packets of 1000 bytes, both ways, passed */
		{"drop: {begins: 5001B}", 7},
		{"drop: {begins: 1s, probability: 1}", 100},
		/* freeze counts from the flow's first packet, so the later of the two counts */
		{"freeze: {after: 3 packets, begins: 5 packets}", 6},
		{"freeze: {after: 9 packets, begins: 5 packets}", 9},
		/* the first 5 MB are free, and then 2 packets are what the bucket has */
		{"police: {rate: 1kbit/s, burst: 2kB, count: l3, begins: 500kB}", 503},
		{"loss: {probability: 1, begins: 70ms}", 7},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned first;
		struct wire wire;

		begin(&wire, rows[i].step);
		first = first_dropped(&wire, 40000);
		if (first != rows[i].first)
			fail_msg("%s: packet %u", rows[i].step, first);
		wire_end(&wire);
	}
}

/* One draw a flow, evenly: each of four values about as often, 400 flows (4 sigma: 35). */
static void two_bounds(void **state)
{
	unsigned times[4] = {0};
	struct wire wire;

	begin(&wire, "drop: {begins: [5 packets, 8 packets]}");
	for (uint16_t port = 1000; port < 1400; port++) {
		unsigned first = first_dropped(&wire, port);

		assert_in_range(first, 6, 9);
		times[first - 6]++;
	}
	wire_end(&wire);
	for (int i = 0; i < 4; i++)
		assert_in_range(times[i], 100 - 35, 100 + 35);
}

/* The verdict of a box beside the path comes 80 to 190 ms after the packet that it is about. */
static void late_verdicts(void **state)
{
	unsigned least = 1000, most = 0;
	struct wire wire;

	begin(&wire, "drop: {begins: [80ms, 190ms]}");
	for (uint16_t port = 1000; port < 1200; port++) {
		unsigned first = first_dropped(&wire, port);

		least = first < least ? first : least;
		most = first > most ? first : most;
	}
	wire_end(&wire);
	assert_in_range(least, 8, 9);
	assert_in_range(most, 18, 19);
}

/* The flow's rule is decided by a later packet than its first: what went before does not count. */
static void from_the_decision(void **state)
{
	static const char rules[] = "  - {id: a, when: {tls.sni: [bad.example]}, then: [drop: "
				    "{begins: 2 packets}]}\n";
	struct segment segment = {
		.from = {"10.0.0.1", 1}, .to = {"192.0.2.1", 443}, .proto = PROTO_TCP};
	struct segment hello = segment;
	uint8_t bytes[128];
	struct wire wire;

	hello.payload_bytes = frame_hello(bytes, "bad.example");
	hello.payload = bytes;
	wire_begin(&wire, rules, NULL);
	for (int number = 0; number < 20; number++)
		assert_int_equal(wire_send(&wire, &segment).fate, FATE_FORWARD);
	assert_int_equal(wire_send(&wire, &hello).fate, FATE_FORWARD);
	for (int number = 1; number < 20; number++)
		assert_int_equal(
			wire_send(&wire, &segment).fate, number <= 2 ? FATE_FORWARD : FATE_DROP);
	wire_end(&wire);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_bound),
		cmocka_unit_test(two_bounds),
		cmocka_unit_test(late_verdicts),
		cmocka_unit_test(from_the_decision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
