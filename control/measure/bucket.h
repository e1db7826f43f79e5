/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The token bucket that a row of packets has met, from which of them passed.
 *
 * A policer is deterministic: its level is known from its rate, its depth and what it let pass, and
 * a packet is dropped exactly when the level is below its size. So a rate and a depth either
 * explain every single packet, or they do not. Where an outcome contradicts the level, the level is
 * mended and the bytes are added up: passes that found too little ask for a higher rate, drops that
 * found enough for a lower one, and the rate that balances both is the estimate for a depth. The
 * depth is the one with the largest likelihood, the chance of an outcome being logistic in the
 * distance between level and size.
 *
 * A queue that is drained at a rate and drops what does not fit is the same arithmetic (what is
 * free in it is the level), and is told apart by the delay that it causes, see police.c.
 */
#ifndef SLUICE_MEASURE_BUCKET_H
#define SLUICE_MEASURE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arrival {
	uint64_t time_ns;
	uint32_t bytes;  /* as the bucket counts them */
	uint32_t rtt_us; /* 0: not known */
	bool lost;
	bool unknown; /* whether it was lost: taken as passed, proves nothing */
};

struct arrivals {
	const struct arrival *rows;
	size_t count;
	uint32_t largest; /* bytes of the largest packet */
};

struct bucket {
	double rate;  /* bytes/s */
	double burst; /* bytes */
	double noise; /* bytes: how far a level may be off, see above */
};

/* How well a bucket explains what happened. */
struct bucket_account {
	double lifted, lowered; /* bytes by which the level was mended */
	double passed;          /* bytes */
	double log_likelihood;
	size_t losses, passes, runs; /* runs: of losses, with passes between them */
	double level;                /* at the end */
};

/* From the first loss to the last one; with `full`, from the first packet on, with a full bucket.
 * `levels`, when not NULL, gets the level that each packet found (NAN outside). */
struct bucket_account bucket_walk(
	const struct arrivals *arrivals, const struct bucket *bucket, bool full, double *levels);

/* Adds one outcome at a known level. */
void bucket_count(
	struct bucket_account *account, double level, const struct arrival *arrival, double noise);

/* The same outcomes by chance: losses that depend on nothing but the outcome before (a Markov
 * chain, Gilbert 1960). */
double bucket_chance(const struct arrivals *arrivals);

/* The best bucket; false when there is nothing to fit: fewer than `losses_least` losses, or no
 * pass between the first and the last. */
bool bucket_fit(
	const struct arrivals *arrivals, bool full, size_t losses_least, struct bucket *bucket);

/* The rate that balances, for a depth. */
double bucket_rate(const struct arrivals *arrivals, double burst, bool full);

/* Where a rate, or a depth, explains less by a likelihood ratio of e^2 (about 95 % for one
 * parameter), or more where the best one explains badly: bounds around it. 0 and INFINITY: none. */
void bucket_intervals(const struct arrivals *arrivals, const struct bucket *bucket, bool full,
	double rate[2], double burst[2]);

#endif
