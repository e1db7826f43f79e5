/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/virtual/agenda.h"
#include "control/virtual/congestion.h"
#include "control/virtual/flight.h"
#include "control/virtual/framing.h"
#include "control/virtual/knee.h"
#include "control/virtual/outbox.h"
#include "control/virtual/receiver.h"

#include <math.h>
#include <string.h>

#define SECOND_NS 1000000000ull

/* Agenda */

static char happened[16];

static void note(void *who, void *what)
{
	strncat(happened, what, 1);
}

static void test_order(void **state)
{
	struct agenda *agenda = agenda_new(5);
	char letters[][2] = {"a", "b", "c", "d"};

	happened[0] = '\0';
	agenda_add(agenda, 9, note, NULL, letters[3]);
	agenda_add(agenda, 7, note, NULL, letters[1]);
	agenda_add(agenda, 5, note, NULL, letters[0]);
	agenda_add(agenda, 7, note, NULL, letters[2]); /* the same time: as it was put down */
	while (agenda_step(agenda))
		;
	assert_string_equal(happened, "abcd");
	assert_int_equal(agenda_now(agenda), 9);
	agenda_free(agenda);
}

static unsigned rung;

static void ring(void *who)
{
	rung++;
}

static void test_alarm(void **state)
{
	struct agenda *agenda = agenda_new(0);
	struct alarm alarm = {agenda, ring, NULL, 0, 0};

	rung = 0;
	alarm_set(&alarm, 10);
	alarm_set(&alarm, 30); /* put off */
	alarm_set(&alarm, 20); /* and brought forward again */
	while (agenda_step(agenda))
		;
	assert_int_equal(rung, 1);
	assert_int_equal(agenda_now(agenda), 20);
	alarm_set(&alarm, 40);
	alarm_off(&alarm);
	while (agenda_step(agenda))
		;
	assert_int_equal(rung, 1);
	agenda_free(agenda);
}

/* Congestion control */

/* One RTT's worth of acknowledgements, each of one packet. */
static void round_trip(struct congestion *congestion, uint64_t *now_ns, uint64_t rtt_ns)
{
	unsigned packets = (unsigned)congestion->window;

	for (unsigned i = 0; i < packets; i++) {
		struct congestion_ack ack = {.rtt_ns = rtt_ns,
			.min_rtt_ns = rtt_ns,
			.acked = 1,
			.in_flight = packets,
			.limited = true};

		*now_ns += rtt_ns / packets;
		ack.now_ns = *now_ns;
		congestion->kind->acked(congestion, &ack);
	}
}

static void reduce(struct congestion *congestion, uint64_t now_ns)
{
	congestion->window = congestion->threshold = congestion->kind->reduced(congestion, now_ns);
}

/* RFC 5681: doubled each round trip in slow start, half of it after a loss, then one more each. */
static void test_reno(void **state)
{
	struct congestion congestion;
	uint64_t now_ns = SECOND_NS;

	congestion_begin(&congestion, congestion_kinds[1]);
	assert_string_equal(congestion.kind->name, "reno");
	assert_int_equal(congestion.window, 10);
	round_trip(&congestion, &now_ns, SECOND_NS / 10);
	assert_int_equal(congestion.window, 20);
	round_trip(&congestion, &now_ns, SECOND_NS / 10);
	reduce(&congestion, now_ns);
	assert_int_equal(congestion.window, 20);
	for (int i = 0; i < 10; i++)
		round_trip(&congestion, &now_ns, SECOND_NS / 10);
	/* a little less than 10 more, as the window grows while it is acknowledged */
	assert_true(congestion.window > 29.4 && congestion.window <= 30);
}

/* RFC 9438: 0.7 of the window after a loss; with W_max = 100 packets the window is back there after
 * K = cbrt(100 * 0.3 / 0.4) = 4.217 s, flat then, and beyond it after twice that time: at 2 K it is
 * 100 + 30. */
static void test_cubic(void **state)
{
	struct congestion congestion;
	uint64_t now_ns = SECOND_NS;
	double at_k = 0;

	congestion_begin(&congestion, congestion_kinds[0]);
	congestion.window = 100;
	reduce(&congestion, now_ns);
	assert_true(fabs(congestion.window - 70) < 1e-9);
	while (now_ns < 9 * SECOND_NS + SECOND_NS / 2) {
		round_trip(&congestion, &now_ns, SECOND_NS / 10);
		if (now_ns <= 5 * SECOND_NS + SECOND_NS / 4)
			at_k = congestion.window;
	}
	assert_true(fabs(at_k - 100) < 2);
	assert_true(fabs(congestion.window - 130) < 6);
}

/* A second loss below the first window: W_max is 0.85 of the window (section 4.7). */
static void test_fast_convergence(void **state)
{
	struct congestion congestion;

	congestion_begin(&congestion, congestion_kinds[0]);
	congestion.window = 100;
	reduce(&congestion, SECOND_NS);
	congestion.window = 80;
	reduce(&congestion, 2 * SECOND_NS);
	assert_true(fabs(congestion.own.cubic.w_max - 68) < 1e-9);
	assert_true(fabs(congestion.window - 56) < 1e-9);
}

/* Flight */

static void ignore(void *who, const struct flight_segment *segment)
{
}

/* RFC 6298: R = 1 s gives SRTT 1 s and RTTVAR 0.5 s, so RTO 3 s; another 1 s makes RTTVAR
 * 0.375 s and RTO 2.5 s. A steady 10 ms ends at 10 ms and the least variation of 200 ms. */
static void test_timeout(void **state)
{
	struct agenda *agenda = agenda_new(SECOND_NS);
	struct flight_setup setup = {agenda, ignore, NULL, 1448, congestion_kinds[0], 1};
	struct flight flight;

	flight_begin(&flight, &setup);
	assert_int_equal(flight.timeout_ns, SECOND_NS);
	flight_rtt(&flight, SECOND_NS);
	assert_int_equal(flight.timeout_ns, 3 * SECOND_NS);
	flight_rtt(&flight, SECOND_NS);
	assert_int_equal(flight.timeout_ns, 2500000000);
	flight_end(&flight);
	flight_begin(&flight, &setup);
	for (int i = 0; i < 100; i++)
		flight_rtt(&flight, 10000000);
	assert_int_equal(flight.timeout_ns / 1000000, 210);
	flight_end(&flight);
	agenda_free(agenda);
}

struct log {
	uint64_t starts[64], times_ns[64];
	unsigned count;
};

static void write_down(void *who, const struct flight_segment *segment)
{
	struct log *log = who;

	if (log->count == 64)
		return;
	log->times_ns[log->count] = segment->sent_ns;
	log->starts[log->count++] = segment->start;
}

/* Segments 0, 1, 3, 4 and 5 of ten arrive: with the third after the gap, 2 is sent again, before
 * what is new (RFC 8985 with three later segments). */
static void test_fast_retransmit(void **state)
{
	struct agenda *agenda = agenda_new(SECOND_NS);
	struct log log = {.count = 0};
	struct flight_setup setup = {agenda, write_down, &log, 1000, congestion_kinds[1], 1};
	struct receiver_range gap[] = {{3000, 6000}};
	char letter[] = "x";
	struct flight flight;

	flight_begin(&flight, &setup);
	flight_rtt(&flight, 40000000);
	outbox_add(&flight.outbox, NULL, 100000, 0, false);
	flight_go(&flight);
	assert_int_equal(log.count, CONGESTION_INITIAL);
	agenda_add(agenda, SECOND_NS + 40000000, note, NULL, letter);
	agenda_step(agenda);
	log.count = 0;
	flight_acked(&flight, 2000, gap, 1);
	assert_true(log.count >= 1);
	assert_int_equal(log.starts[0], 2000);
	assert_int_equal(flight.state, FLIGHT_RECOVERY);
	assert_int_equal(flight.retransmitted, 1);
	flight_end(&flight);
	agenda_free(agenda);
}

/* Nothing comes back: the tail is probed once after 2 SRTT and 2 ms, then the first segment goes
 * again, each time after twice as long. */
static void test_silence(void **state)
{
	static const struct {
		uint64_t ms, start;
	} sent[] = {{0, 0}, {0, 1000}, {0, 2000}, {202, 2000}, {502, 0}, {1102, 0}, {2302, 0},
		{4702, 0}};
	struct agenda *agenda = agenda_new(SECOND_NS);
	struct log log = {.count = 0};
	struct flight_setup setup = {agenda, write_down, &log, 1000, congestion_kinds[0], 1};
	struct flight flight;

	flight_begin(&flight, &setup);
	flight_rtt(&flight, 100000000); /* RTO: 100 ms + max(200, 4 * 50) ms = 300 ms */
	outbox_add(&flight.outbox, NULL, 3000, 0, false);
	flight_go(&flight);
	while (log.count < 8 && agenda_step(agenda))
		;
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(log.times_ns[i] / 1000000 - 1000, sent[i].ms);
		assert_int_equal(log.starts[i], sent[i].start);
	}
	flight_stop(&flight);
	flight_end(&flight);
	agenda_free(agenda);
}

/* Receiver */

static void test_receiver(void **state)
{
	struct receiver receiver = {0};

	assert_int_equal(receiver_take(&receiver, 2000, 1000), RECEIVER_NOW); /* out of order */
	assert_int_equal(receiver_take(&receiver, 4000, 1000), RECEIVER_NOW);
	assert_int_equal(receiver.count, 2);
	assert_int_equal(receiver.ranges[0].start, 4000); /* the newest first */
	assert_int_equal(receiver_take(&receiver, 3000, 1000), RECEIVER_NOW);
	assert_int_equal(receiver.count, 1);
	assert_int_equal(receiver.ranges[0].end, 5000);
	assert_int_equal(receiver_take(&receiver, 0, 1000), RECEIVER_NOW); /* fills a part */
	assert_int_equal(receiver.next, 1000);
	assert_int_equal(receiver_take(&receiver, 1000, 1000), RECEIVER_NOW);
	assert_int_equal(receiver.next, 5000);
	assert_int_equal(receiver.count, 0);
	assert_int_equal(receiver.unique, 5000);
	assert_int_equal(receiver_take(&receiver, 3000, 1000), RECEIVER_NOW); /* again */
	assert_int_equal(receiver.unique, 5000);
}

/* Bulk */

/* Records of 16,384 bytes, the last one shorter; what is read twice is the same. */
static void test_bulk(void **state)
{
	struct outbox outbox = {.seed = 7};
	uint8_t first[40], again[40];

	outbox_add(&outbox, NULL, 20000, 0, false);
	assert_int_equal(outbox_segment(&outbox, 19000, 1448), 1000);
	assert_int_equal(outbox_segment(&outbox, 20000, 1448), 0);
	outbox_copy(&outbox, 0, 40, first);
	assert_memory_equal(first, "\x17\3\3\x40\0", 5);
	outbox_copy(&outbox, 16389, 40, first);
	assert_memory_equal(first, "\x17\3\3\x0e\x16", 5); /* 20000 - 16389 - 5 = 3606 */
	outbox_copy(&outbox, 16400, 8, again);
	assert_memory_equal(first + 11, again, 8);
	outbox_free(&outbox);
}

/* 100 kB in the first second, then 10 kB each second: the line bends at 100 kB. */
static void test_knee(void **state)
{
	struct reading readings[200];

	for (uint64_t i = 0; i < 100; i++)
		readings[i] = (struct reading){i * SECOND_NS / 100, (i + 1) * 1000};
	for (uint64_t i = 0; i < 100; i++)
		readings[100 + i] =
			(struct reading){SECOND_NS + i * SECOND_NS / 10, 100000 + (i + 1) * 1000};
	assert_true(fabs(knee_find(readings, 200, 0) - 100000) < 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_alarm),
		cmocka_unit_test(test_reno),
		cmocka_unit_test(test_cubic),
		cmocka_unit_test(test_fast_convergence),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_fast_retransmit),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_receiver),
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_knee),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
