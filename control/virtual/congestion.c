/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/congestion.h"

#include <math.h>
#include <stddef.h>

#define CUBIC_C    0.4 /* packets/s^3 */
#define CUBIC_BETA 0.7
#define RENO_BETA  0.5
#define WINDOW_MIN 2.0

void congestion_begin(struct congestion *congestion, const struct congestion_kind *kind)
{
	*congestion = (struct congestion){
		.kind = kind, .window = CONGESTION_INITIAL, .threshold = INFINITY};
}

void congestion_idle(struct congestion *congestion, uint64_t idle_ns, uint64_t timeout_ns)
{
	double least = fmin(CONGESTION_INITIAL, congestion->window);

	if (congestion->kind->own_window)
		return;
	congestion->threshold = fmax(congestion->threshold, 0.75 * congestion->window);
	for (; idle_ns > timeout_ns && congestion->window > least; idle_ns -= timeout_ns)
		congestion->window /= 2;
	congestion->window = fmax(congestion->window, least);
	congestion->own.cubic.epoch_ns = 0;
}

uint32_t congestion_slow_start(struct congestion *congestion, uint32_t acked)
{
	double window = fmin(congestion->window + acked, congestion->threshold);

	acked -= (uint32_t)(window - congestion->window);
	congestion->window = window;
	return acked;
}

/* Reno */

static void reno_acked(struct congestion *congestion, const struct congestion_ack *ack)
{
	uint32_t acked = ack->acked;

	if (!ack->limited)
		return;
	if (congestion->window < congestion->threshold)
		acked = congestion_slow_start(congestion, acked);
	if (congestion->window >= congestion->threshold)
		congestion->window += acked / congestion->window;
}

static double reno_reduced(struct congestion *congestion, uint64_t now_ns)
{
	return fmax(congestion->window * RENO_BETA, WINDOW_MIN);
}

static void reno_timed_out(struct congestion *congestion)
{
}

static const struct congestion_kind reno = {
	.name = "reno",
	.acked = reno_acked,
	.reduced = reno_reduced,
	.timed_out = reno_timed_out,
};

/* CUBIC: section numbers are those of RFC 9438. */

static void cubic_begin_epoch(struct congestion *congestion, uint64_t now_ns)
{
	struct cubic *cubic = &congestion->own.cubic;
	double window = congestion->window;

	cubic->epoch_ns = now_ns;
	if (cubic->w_max < window)
		cubic->w_max = window;
	cubic->k = cbrt((cubic->w_max - window) / CUBIC_C); /* 4.2 */
	cubic->estimate = window;
}

static double cubic_at(const struct cubic *cubic, double s)
{
	double t = s - cubic->k;

	return CUBIC_C * t * t * t + cubic->w_max;
}

static void cubic_acked(struct congestion *congestion, const struct congestion_ack *ack)
{
	struct cubic *cubic = &congestion->own.cubic;
	double alpha, target, elapsed;
	uint32_t acked = ack->acked;

	if (!ack->limited)
		return;
	if (congestion->window < congestion->threshold)
		acked = congestion_slow_start(congestion, acked);
	if (congestion->window < congestion->threshold || !acked)
		return;
	if (!cubic->epoch_ns)
		cubic_begin_epoch(congestion, ack->now_ns);
	elapsed = (double)(ack->now_ns - cubic->epoch_ns) / 1e9;
	/* 4.3: as Reno would, from the begin of the epoch on; as Linux does, also above w_max. */
	alpha = 3 * (1 - CUBIC_BETA) / (1 + CUBIC_BETA);
	cubic->estimate += alpha * acked / congestion->window;
	target = cubic_at(cubic, elapsed + (double)ack->min_rtt_ns / 1e9);
	target = fmin(fmax(target, congestion->window), 1.5 * congestion->window); /* 4.4 */
	congestion->window += (target - congestion->window) / congestion->window * acked;
	if (congestion->window < cubic->estimate)
		congestion->window = cubic->estimate;
}

/* 4.6 and 4.7: fast convergence. */
static double cubic_reduced(struct congestion *congestion, uint64_t now_ns)
{
	struct cubic *cubic = &congestion->own.cubic;
	double window = congestion->window;

	cubic->w_max = window < cubic->w_max ? window * (1 + CUBIC_BETA) / 2 : window;
	cubic->epoch_ns = 0;
	return fmax(window * CUBIC_BETA, WINDOW_MIN);
}

static void cubic_timed_out(struct congestion *congestion)
{
	congestion->own.cubic = (struct cubic){0}; /* 4.8, as Linux does */
}

static const struct congestion_kind cubic = {
	.name = "cubic",
	.acked = cubic_acked,
	.reduced = cubic_reduced,
	.timed_out = cubic_timed_out,
};

const struct congestion_kind *const congestion_kinds[] = {&cubic, &reno, &congestion_bbr};
