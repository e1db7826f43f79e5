/* SPDX-License-Identifier: BSD-3-Clause */
/* What a capture tells of one direction: rows of packets and the news they must bring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/measure/track.h"

#define MS 1000000ull

enum { STEPS = 14, KINDS = TRACK_ACKNOWLEDGED + 1, ISN = 0xfffff000 /* wraps on the way */ };

/* A packet: data (len > 0, from the sender) or an acknowledgement. Sequence numbers count from the
 * first byte of data. */
struct step {
	uint64_t ms;
	uint32_t seq, len;    /* data */
	uint32_t ack;         /* acknowledgement, with len 0 */
	bool none;            /* acknowledges nothing: a duplicate */
	uint32_t sack[2];     /* one block; 0, 0 none */
	uint32_t value, echo; /* time stamps; 0 none */
	uint16_t ip_id;
};

struct heard {
	uint64_t counts[KINDS], again, acknowledged, missed, rtt_last_ms;
};

static void hear(void *context, const struct track_event *event)
{
	struct heard *heard = context;

	heard->counts[event->news]++;
	heard->again += event->news == TRACK_SENT && event->again;
	heard->acknowledged += event->news == TRACK_ACKNOWLEDGED ? event->bytes : 0;
	heard->missed += event->news == TRACK_MISSED ? event->bytes : 0;
	if (event->news == TRACK_RTT)
		heard->rtt_last_ms = event->bytes / MS;
}

static struct segment segment_of(const struct step *step)
{
	struct segment segment = {
		.time_ns = 1000 * MS + step->ms * MS,
		.seq = ISN + step->seq,
		.len = step->len,
		.ack = ISN + step->ack,
		.flags = TCP_ACK,
		.shift = SEGMENT_NO_SHIFT,
		.timestamps = step->value || step->echo,
		.ts_value = step->value,
		.ts_echo = step->echo,
		.ip_id = step->ip_id,
		.window = 500,
	};

	if (step->sack[1]) {
		segment.sacks = 1;
		segment.sack[0][0] = ISN + step->sack[0];
		segment.sack[0][1] = ISN + step->sack[1];
	}
	return segment;
}

static void play(const struct step *steps, struct track *track, struct heard *heard)
{
	const struct track_listener listener = {hear, heard};
	struct segment syn = {.seq = ISN - 1, .flags = TCP_SYN, .shift = 7, .mss = 1460};

	track_data(track, &syn, &listener);
	syn.flags = TCP_SYN | TCP_ACK;
	syn.ack = ISN;
	track_acknowledgement(track, &syn, &listener);
	for (int i = 0; i < STEPS && (steps[i].len || steps[i].ack || steps[i].none); i++) {
		struct segment segment = segment_of(&steps[i]);

		if (steps[i].len)
			track_data(track, &segment, &listener);
		else
			track_acknowledgement(track, &segment, &listener);
	}
}

static const struct {
	const char *what;
	struct step steps[STEPS];
	struct {
		uint64_t sent, again, absent, lost, lost_before, arrived, missed, late, duplicated,
			alive, acknowledged, rtt_ms;
	} want;
} table[] = {
	{"in order, one acknowledgement",
		{{0, .seq = 0, .len = 1000}, {1, .seq = 1000, .len = 1000}, {41, .ack = 2000}},
		{.sent = 2, .acknowledged = 2000, .rtt_ms = 40}},
	{"lost behind the capture, SACKed, sent again",
		{{0, .seq = 0, .len = 1000}, {1, .seq = 1000, .len = 1000},
			{41, .none = true, .sack = {1000, 2000}}, {42, .seq = 0, .len = 1000},
			{82, .ack = 2000}},
		{.sent = 3, .again = 1, .lost = 1, .acknowledged = 2000, .rtt_ms = 40}},
	{"sent again too early: the echo is of the first copy",
		{{0, .seq = 0, .len = 1000, .value = 10}, {40, .seq = 0, .len = 1000, .value = 50},
			{81, .ack = 1000, .value = 7, .echo = 10}},
		{.sent = 2, .again = 1, .lost = 1, .arrived = 1, .acknowledged = 1000}},
	{"sent again too early: answered sooner than any packet before",
		{{0, .seq = 0, .len = 1000}, {50, .ack = 1000}, {60, .seq = 1000, .len = 1000},
			{105, .seq = 1000, .len = 1000}, {110, .ack = 2000}},
		{.sent = 3,
			.again = 1,
			.lost = 1,
			.arrived = 1,
			.acknowledged = 2000,
			.rtt_ms = 50}},
	{"sent again for nothing, as a DSACK tells",
		{{0, .seq = 0, .len = 1000}, {50, .ack = 1000}, {60, .seq = 1000, .len = 1000},
			{80, .seq = 1000, .len = 1000}, {140, .ack = 2000},
			{150, .ack = 2000, .sack = {1000, 2000}}},
		{.sent = 3,
			.again = 1,
			.lost = 1,
			.arrived = 1,
			.acknowledged = 2000,
			.rtt_ms = 50}},
	{"twice lost",
		{{0, .seq = 0, .len = 1000}, {1, .seq = 1000, .len = 1000},
			{41, .none = true, .sack = {1000, 2000}}, {42, .seq = 0, .len = 1000},
			{242, .seq = 0, .len = 1000}, {282, .ack = 2000}},
		{.sent = 4, .again = 2, .lost = 2, .acknowledged = 2000, .rtt_ms = 40}},
	{"lost before the capture",
		{{0, .seq = 0, .len = 1000}, {1, .seq = 2000, .len = 1000},
			{81, .seq = 1000, .len = 1000}, {82, .ack = 3000}},
		{.sent = 3,
			.again = 1,
			.absent = 1,
			.lost_before = 1,
			.acknowledged = 3000,
			.rtt_ms = 81}},
	{"overtaken",
		{{0, .seq = 0, .len = 1000}, {1, .seq = 2000, .len = 1000},
			{2, .seq = 1000, .len = 1000}, {3, .ack = 3000}},
		{.sent = 3, .absent = 1, .late = 1, .acknowledged = 3000, .rtt_ms = 2}},
	{"the capture has a hole",
		{{0, .seq = 0, .len = 1000}, {1, .seq = 2000, .len = 1000}, {41, .ack = 3000}},
		{.sent = 2, .absent = 1, .missed = 1000, .acknowledged = 3000, .rtt_ms = 40}},
	{"the capture has a hole at the end",
		{{0, .seq = 0, .len = 1000}, {41, .ack = 4000}, {50, .seq = 4000, .len = 1000},
			{90, .ack = 5000}},
		{.sent = 2, .missed = 3000, .acknowledged = 2000, .rtt_ms = 40}},
	{"one packet captured twice",
		{{0, .seq = 0, .len = 1000, .ip_id = 5}, {0, .seq = 0, .len = 1000, .ip_id = 5},
			{40, .ack = 1000}},
		{.sent = 1, .duplicated = 1, .acknowledged = 1000, .rtt_ms = 40}},
	{"keep-alive",
		{{0, .seq = 0, .len = 1000}, {40, .ack = 1000}, {9040, .seq = 999, .len = 1},
			{9080, .ack = 1000}},
		{.sent = 1, .alive = 1, .acknowledged = 1000, .rtt_ms = 40}},
	{"a packet of three segments, the middle one lost",
		{{0, .seq = 0, .len = 4380}, {40, .ack = 1460, .sack = {2920, 4380}},
			{41, .seq = 1460, .len = 1460}, {81, .ack = 4380}},
		{.sent = 4, .again = 1, .lost = 1, .acknowledged = 4380, .rtt_ms = 40}},
	{"half of a segment sent again",
		{{0, .seq = 0, .len = 1000}, {300, .seq = 0, .len = 500}, {340, .ack = 1000}},
		{.sent = 2, .again = 1, .lost = 1, .acknowledged = 1000, .rtt_ms = 340}},
};

static void rows(void **state)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct track track = {0};
		struct heard heard = {0};

		print_message("%s\n", table[i].what);
		play(table[i].steps, &track, &heard);
		assert_int_equal(heard.counts[TRACK_SENT], table[i].want.sent);
		assert_int_equal(heard.again, table[i].want.again);
		assert_int_equal(heard.counts[TRACK_ABSENT], table[i].want.absent);
		assert_int_equal(heard.counts[TRACK_LOST], table[i].want.lost);
		assert_int_equal(heard.counts[TRACK_LOST_BEFORE], table[i].want.lost_before);
		assert_int_equal(heard.counts[TRACK_ARRIVED], table[i].want.arrived);
		assert_int_equal(heard.missed, table[i].want.missed);
		assert_int_equal(heard.counts[TRACK_LATE], table[i].want.late);
		assert_int_equal(heard.counts[TRACK_DUPLICATED], table[i].want.duplicated);
		assert_int_equal(heard.counts[TRACK_KEPT_ALIVE], table[i].want.alive);
		assert_int_equal(heard.acknowledged, table[i].want.acknowledged);
		assert_int_equal(heard.rtt_last_ms, table[i].want.rtt_ms);
		assert_int_equal(track_flight(&track), 0);
		track_end(&track);
	}
}

/* Window 500 << 7; flight is what is sent, neither acknowledged nor SACKed. */
static void flight_and_window(void **state)
{
	static const struct step steps[STEPS] = {{0, .seq = 0, .len = 1000},
		{1, .seq = 1000, .len = 1000}, {2, .seq = 2000, .len = 1000},
		{40, .ack = 1000, .sack = {2000, 3000}}};
	struct track track = {0};
	struct heard heard = {0};

	play(steps, &track, &heard);
	assert_int_equal(track.window, 500 << 7);
	assert_int_equal(track_flight(&track), 1000);
	track_end(&track);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(flight_and_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
