/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sender that measures the path's rate and delay and paces by them (BBR version 1): start-up,
 * drain, cycles of eight phases, and a short dip each ten seconds to see the delay without a queue.
 * Losses do not slow it down. Linux's detection of policers is left out.
 */
#include "control/virtual/congestion.h"

#include <math.h>
#include <stddef.h>

#define HIGH_GAIN 2.885 /* 2/ln 2: doubles each round */
#define SECOND_NS 1000000000ull

enum { STARTUP, DRAIN, PROBE_RATE, PROBE_RTT };
enum { WINDOW_MIN = 4 };

static const double phase_gains[] = {1.25, 0.75, 1, 1, 1, 1, 1, 1};

enum { PHASES = sizeof(phase_gains) / sizeof(phase_gains[0]) };

static double most_rate(const struct bbr *bbr)
{
	double most = 0;

	for (int i = 0; i < BBR_ROUNDS; i++)
		most = fmax(most, bbr->rates[i]);
	return most;
}

/* True when a round has begun. */
static bool see_rate(struct bbr *bbr, const struct congestion_ack *ack)
{
	bool begun = ack->delivered_before >= bbr->round_end;
	double *rate;

	if (begun) {
		bbr->round_end = ack->delivered;
		bbr->round++;
		bbr->rates[bbr->round % BBR_ROUNDS] = 0;
	}
	rate = &bbr->rates[bbr->round % BBR_ROUNDS];
	if (!ack->rate_is_low || ack->rate > most_rate(bbr))
		*rate = fmax(*rate, ack->rate);
	return begun;
}

/* Start-up ends when the rate has not grown by a quarter for three rounds. */
static void see_full(struct bbr *bbr, bool round, bool rate_is_low)
{
	double rate = most_rate(bbr);

	if (bbr->state != STARTUP || !round || rate_is_low)
		return;
	if (rate >= bbr->full_rate * 1.25) {
		bbr->full_rate = rate;
		bbr->flat_rounds = 0;
	} else if (++bbr->flat_rounds >= 3) {
		bbr->state = DRAIN;
	}
}

static void see_rtt(
	struct congestion *congestion, struct bbr *bbr, const struct congestion_ack *ack)
{
	bool expired = bbr->min_rtt_ns && ack->now_ns - bbr->min_rtt_at_ns > 10 * SECOND_NS;

	if (ack->rtt_ns && (!bbr->min_rtt_ns || ack->rtt_ns <= bbr->min_rtt_ns || expired)) {
		bbr->min_rtt_ns = ack->rtt_ns;
		bbr->min_rtt_at_ns = ack->now_ns;
	}
	if (expired && bbr->state != PROBE_RTT) {
		bbr->state = PROBE_RTT;
		bbr->before_probe = congestion->window;
		bbr->probe_until_ns = ack->now_ns + SECOND_NS / 5 + bbr->min_rtt_ns;
	} else if (bbr->state == PROBE_RTT && ack->now_ns > bbr->probe_until_ns) {
		bbr->state = bbr->flat_rounds >= 3 ? PROBE_RATE : STARTUP;
		congestion->window = fmax(congestion->window, bbr->before_probe);
		bbr->min_rtt_at_ns = ack->now_ns;
	}
}

static void advance(struct bbr *bbr, const struct congestion_ack *ack, double product)
{
	if (bbr->state == DRAIN && ack->in_flight <= product) {
		bbr->state = PROBE_RATE;
		bbr->phase = 2;
		bbr->phase_at_ns = ack->now_ns;
	}
	if (bbr->state == PROBE_RATE && ack->now_ns - bbr->phase_at_ns > bbr->min_rtt_ns) {
		bbr->phase = (bbr->phase + 1) % PHASES;
		bbr->phase_at_ns = ack->now_ns;
	}
}

static void set_window(struct congestion *congestion, const struct congestion_ack *ack)
{
	struct bbr *bbr = &congestion->own.bbr;
	double rate = most_rate(bbr), product = rate * (double)bbr->min_rtt_ns / 1e9;
	double gain = bbr->state == PROBE_RATE ? 2 : HIGH_GAIN;
	double pace = bbr->state == STARTUP      ? HIGH_GAIN
		      : bbr->state == DRAIN      ? 1 / HIGH_GAIN
		      : bbr->state == PROBE_RATE ? phase_gains[bbr->phase]
						 : 1;

	advance(bbr, ack, product);
	congestion->pace = rate > 0 ? pace * rate : congestion->pace;
	if (bbr->flat_rounds >= 3)
		congestion->window = fmin(congestion->window + ack->acked, gain * product + 3);
	else if (congestion->window < gain * product || ack->delivered < CONGESTION_INITIAL)
		congestion->window += ack->acked;
	congestion->window = fmax(congestion->window, WINDOW_MIN);
	if (bbr->state == PROBE_RTT)
		congestion->window = WINDOW_MIN;
}

static void acked(struct congestion *congestion, const struct congestion_ack *ack)
{
	struct bbr *bbr = &congestion->own.bbr;
	bool round = see_rate(bbr, ack);

	see_full(bbr, round, ack->rate_is_low);
	see_rtt(congestion, bbr, ack);
	set_window(congestion, ack);
}

static double reduced(struct congestion *congestion, uint64_t now_ns)
{
	return congestion->window;
}

static void timed_out(struct congestion *congestion)
{
	congestion->own.bbr.full_rate = 0;
}

const struct congestion_kind congestion_bbr = {
	.name = "bbr",
	.own_window = true,
	.acked = acked,
	.reduced = reduced,
	.timed_out = timed_out,
};
