/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/flight.h"

#include "control/virtual/recovery.h"

#include <math.h>
#include <stdlib.h>

#define SECOND_NS        1000000000ull
#define TIMEOUT_FIRST_NS SECOND_NS
#define TIMEOUT_MAX_NS   (120 * SECOND_NS)
#define VARIATION_MIN_NS                                                        \
	200000000ull /* as Linux; RFC 6298 says that a time-out is 1 s at least \
		      */
#define PROBE_EXTRA_NS 2000000ull
#define WINDOW_BYTES   3000000 /* of the receiver */

static uint64_t now(const struct flight *flight)
{
	return flight->timeout.agenda ? agenda_now(flight->timeout.agenda) : 0;
}

struct flight_segment *flight_segment(const struct flight *flight, size_t i)
{
	return &flight->segments[(flight->first + i) % flight->room];
}

static void time_out(void *who);
static void probe_tail(void *who);
static void look_again(void *who);
static void pace_on(void *who);

void flight_begin(struct flight *flight, const struct flight_setup *setup)
{
	*flight = (struct flight){
		.transmit = setup->transmit,
		.who = setup->who,
		.mss = setup->mss,
		.outbox = {.seed = setup->seed},
		.timeout_ns = TIMEOUT_FIRST_NS,
		.timeout = {setup->agenda, time_out, flight, 0, 0},
		.probe = {setup->agenda, probe_tail, flight, 0, 0},
		.reorder = {setup->agenda, look_again, flight, 0, 0},
		.pace = {setup->agenda, pace_on, flight, 0, 0},
	};
	congestion_begin(&flight->congestion, setup->kind);
}

void flight_end(struct flight *flight)
{
	outbox_free(&flight->outbox);
	free(flight->segments);
}

/* RFC 6298 section 2. */
void flight_rtt(struct flight *flight, uint64_t rtt_ns)
{
	uint64_t off =
		flight->srtt_ns > rtt_ns ? flight->srtt_ns - rtt_ns : rtt_ns - flight->srtt_ns;
	uint64_t spread;

	if (!flight->min_rtt_ns || rtt_ns < flight->min_rtt_ns)
		flight->min_rtt_ns = rtt_ns;
	if (!flight->srtt_ns) {
		flight->srtt_ns = rtt_ns;
		flight->variation_ns = rtt_ns / 2;
	} else {
		flight->variation_ns += off / 4 - flight->variation_ns / 4;
		flight->srtt_ns += rtt_ns / 8 - flight->srtt_ns / 8;
	}
	spread = 4 * flight->variation_ns;
	flight->timeout_ns =
		flight->srtt_ns + (spread > VARIATION_MIN_NS ? spread : VARIATION_MIN_NS);
}

/* RFC 8985 section 7.2: when there is a tail that nothing has told of. */
static void set_probe(struct flight *flight)
{
	uint64_t probe_ns =
		2 * flight->srtt_ns + (flight->count == 1 ? VARIATION_MIN_NS : PROBE_EXTRA_NS);

	alarm_off(&flight->probe);
	if (flight->count && flight->state == FLIGHT_OPEN && !flight->sacked && flight->srtt_ns &&
		!flight->probe_high && probe_ns < flight->timeout_ns)
		alarm_set(&flight->probe, now(flight) + probe_ns);
}

static void set_timers(struct flight *flight)
{
	set_probe(flight);
	if (flight->count)
		alarm_set(&flight->timeout, now(flight) + flight->timeout_ns);
	else
		alarm_off(&flight->timeout);
}

/* Sending */

static void launch(struct flight *flight, struct flight_segment *segment)
{
	uint64_t now_ns = now(flight);

	if (!flight->flying)
		flight->delivered_ns = now_ns;
	segment->sent_ns = now_ns;
	segment->delivered = flight->delivered;
	segment->delivered_ns = flight->delivered_ns;
	segment->state = SEGMENT_FLYING;
	segment->times++;
	flight->retransmitted += segment->times > 1;
	flight->flying++;
	flight->reduction_sent++;
	flight->last_sent_ns = now_ns;
	if (flight->congestion.pace > 0) {
		uint64_t gap_ns = (uint64_t)(1e9 / flight->congestion.pace);

		flight->pace_ns = (flight->pace_ns > now_ns ? flight->pace_ns : now_ns) + gap_ns;
	}
	flight->transmit(flight->who, segment);
	if (!flight->timeout.due_ns)
		set_timers(flight);
}

static struct flight_segment *first_lost(const struct flight *flight)
{
	for (size_t i = 0; i < flight->count; i++) {
		struct flight_segment *segment = flight_segment(flight, i);

		if (segment->state == SEGMENT_LOST)
			return segment;
	}
	return NULL;
}

static void widen(struct flight *flight)
{
	size_t room = flight->room ? flight->room * 2 : 64;
	struct flight_segment *segments = calloc(room, sizeof(*segments));

	if (!segments)
		abort();
	for (size_t i = 0; i < flight->count; i++)
		segments[i] = *flight_segment(flight, i);
	free(flight->segments);
	flight->segments = segments;
	flight->first = 0;
	flight->room = room;
}

/* A segment of what was never sent; NULL: there is none, or the receiver has no room. */
static struct flight_segment *next_segment(struct flight *flight)
{
	uint32_t len = outbox_segment(&flight->outbox, flight->next, flight->mss);
	struct flight_segment *segment;

	if (!len || flight->next + len > flight->una + WINDOW_BYTES)
		return NULL;
	if (flight->count == flight->room)
		widen(flight);
	segment = flight_segment(flight, flight->count++);
	*segment = (struct flight_segment){.start = flight->next, .len = len};
	flight->next += len;
	return segment;
}

static void wake_up(struct flight *flight)
{
	uint64_t idle_ns = now(flight) - flight->last_sent_ns;

	if (!flight->count && flight->last_sent_ns && idle_ns > flight->timeout_ns)
		congestion_idle(&flight->congestion, idle_ns, flight->timeout_ns);
}

void flight_go(struct flight *flight)
{
	struct flight_segment *segment;
	bool began = false;

	if (flight->stopped)
		return;
	wake_up(flight);
	while (flight->flying < (uint32_t)fmax(flight->congestion.window, 1)) {
		if (flight->congestion.pace > 0 && flight->pace_ns > now(flight)) {
			alarm_set(&flight->pace, flight->pace_ns);
			return;
		}
		segment = first_lost(flight);
		if (!segment)
			segment = next_segment(flight);
		if (!segment)
			break;
		launch(flight, segment);
		began = true;
	}
	flight->limited = flight->flying * 2 >= flight->congestion.window;
	if (began)
		set_probe(flight);
}

static void pace_on(void *who)
{
	flight_go(who);
}

void flight_stop(struct flight *flight)
{
	flight->stopped = true;
	alarm_off(&flight->timeout);
	alarm_off(&flight->probe);
	alarm_off(&flight->reorder);
	alarm_off(&flight->pace);
}

/* Timers */

static void time_out(void *who)
{
	struct flight *flight = who;

	if (!flight->count || flight->stopped)
		return;
	alarm_off(&flight->probe);
	flight->probe_high = 0;
	recovery_time_out(flight);
	flight->timeout_ns *= 2;
	if (flight->timeout_ns > TIMEOUT_MAX_NS)
		flight->timeout_ns = TIMEOUT_MAX_NS;
	flight->timeouts++;
	flight_go(flight);
	set_timers(flight);
}

void flight_go_on(struct flight *flight)
{
	flight->stopped = false;
	if (flight->count)
		time_out(flight);
}

/* RFC 8985 section 7: something new, or the last segment again. */
static void probe_tail(void *who)
{
	struct flight *flight = who;
	struct flight_segment *segment;

	if (!flight->count || flight->stopped || flight->state != FLIGHT_OPEN)
		return;
	if (flight->sacked)
		return;
	segment = next_segment(flight);
	if (!segment) {
		segment = flight_segment(flight, flight->count - 1);
		flight->flying -= segment->state == SEGMENT_FLYING;
		flight->probe_ns = now(flight);
	}
	flight->probe_high = flight->next;
	launch(flight, segment);
	set_timers(flight);
}

static void look_again(void *who)
{
	struct flight *flight = who;

	if (flight->stopped)
		return;
	recovery_look(flight, 0);
	flight_go(flight);
}

/* What an acknowledgement tells */

struct news {
	uint64_t rtt_ns; /* of the newest segment */
	uint64_t sent_ns;
	uint32_t delivered;
	struct flight_segment newest;
};

static void deliver(struct flight *flight, struct flight_segment *segment, struct news *news)
{
	uint64_t age_ns = now(flight) - segment->sent_ns;

	flight->flying -= segment->state == SEGMENT_FLYING;
	segment->state = SEGMENT_SACKED;
	flight->delivered++;
	news->delivered++;
	/* Of what was sent more than once, the timestamp tells which was answered. */
	if ((segment->times == 1 || age_ns >= flight->min_rtt_ns) &&
		segment->sent_ns >= news->sent_ns) {
		news->rtt_ns = age_ns;
		news->sent_ns = segment->sent_ns;
	}
	if (segment->sent_ns >= news->newest.sent_ns)
		news->newest = *segment;
	/* What was sent twice and answered sooner than possible was answered for the first time. */
	if (segment->times > 1 && age_ns < flight->min_rtt_ns)
		return;
	if (segment->sent_ns > flight->newest_ns ||
		(segment->sent_ns == flight->newest_ns && segment->start > flight->newest_start)) {
		flight->newest_start = segment->start;
		flight->newest_ns = segment->sent_ns;
		flight->newest_rtt_ns = age_ns;
	}
}

static void take_ranges(struct flight *flight, const struct receiver_range *sacks, unsigned count,
	struct news *news)
{
	for (size_t i = 0; count && i < flight->count; i++) {
		struct flight_segment *segment = flight_segment(flight, i);

		if (segment->state == SEGMENT_SACKED)
			continue;
		for (unsigned n = 0; n < count; n++) {
			if (segment->start < sacks[n].start ||
				segment->start + segment->len > sacks[n].end)
				continue;
			deliver(flight, segment, news);
			flight->sacked++;
			break;
		}
	}
}

static void take_front(struct flight *flight, uint64_t ack, struct news *news)
{
	while (flight->count) {
		struct flight_segment *segment = flight_segment(flight, 0);

		if (segment->start + segment->len > ack)
			break;
		if (segment->state == SEGMENT_SACKED)
			flight->sacked--;
		else
			deliver(flight, segment, news);
		flight->una = segment->start + segment->len;
		flight->first = (flight->first + 1) % flight->room;
		flight->count--;
	}
}

static double delivery_rate(const struct flight *flight, const struct news *news)
{
	uint64_t elapsed_ns = now(flight) - news->newest.delivered_ns;

	if (!news->newest.delivered_ns || elapsed_ns < flight->min_rtt_ns)
		return 0;
	return (double)(flight->delivered - news->newest.delivered) * 1e9 / (double)elapsed_ns;
}

/* The probe made good a loss, unless the answer came too soon to be one to it. */
static void take_probe(struct flight *flight, uint64_t ack)
{
	if (!flight->probe_high || ack < flight->probe_high)
		return;
	if (flight->probe_ns && now(flight) - flight->probe_ns >= flight->min_rtt_ns &&
		flight->state == FLIGHT_OPEN)
		recovery_reduce(flight);
	flight->probe_high = 0;
	flight->probe_ns = 0;
}

void flight_acked(struct flight *flight, uint64_t ack, const struct receiver_range *sacks,
	unsigned sack_count)
{
	struct news news = {0};
	uint64_t una = flight->una;
	struct congestion_ack told = {.now_ns = now(flight), .in_flight = flight->flying};

	take_ranges(flight, sacks, sack_count, &news);
	take_front(flight, ack, &news);
	if (news.rtt_ns)
		flight_rtt(flight, news.rtt_ns);
	if (news.delivered)
		flight->delivered_ns = told.now_ns;
	take_probe(flight, ack);
	told.rtt_ns = news.rtt_ns;
	told.min_rtt_ns = flight->min_rtt_ns;
	told.acked = news.delivered;
	told.delivered = flight->delivered;
	told.delivered_before = news.newest.delivered;
	told.rate = delivery_rate(flight, &news);
	told.rate_is_low = !flight->limited;
	told.limited = flight->limited;
	recovery_acked(flight, &told);
	if (flight->una > una)
		flight->timeouts = 0;
	if (flight->una > una || !flight->count)
		set_timers(flight);
	flight_go(flight);
}
