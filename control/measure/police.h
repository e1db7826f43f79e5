/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is there a policer? The own method: a token bucket (bucket.h) must explain the outcomes far
 * better than chance does, and packets that are lost must not have met a queue.
 */
#ifndef SLUICE_MEASURE_POLICE_H
#define SLUICE_MEASURE_POLICE_H

#include "control/measure/burst.h"
#include "control/measure/judgement.h"

/* What is known of a row of packets. */
struct suspicion {
	const struct arrivals *arrivals;
	double *levels;   /* room for one each */
	uint32_t *values; /* room for one each */
	double base_us;   /* the least round trip that was seen; 0 none */
};

enum bucket_kind { BUCKET_NONE, BUCKET_POLICER, BUCKET_QUEUE, BUCKET_EITHER };

struct finding_of_bucket {
	enum bucket_kind kind;
	struct bucket bucket;
	double explained;
	double delay_us; /* that losses had before them */
};

/* Fits a bucket to all of it. */
struct finding_of_bucket police_find(const struct suspicion *suspicion, bool full);

/* Whether a bucket that was found elsewhere explains rows `first` to `end`, given the levels that
 * it had. */
struct finding_of_bucket police_apply(
	const struct suspicion *suspicion, const struct bucket *bucket, size_t first, size_t end);

/* Puts rate, burst, their intervals and the layer in. */
void police_describe(const struct arrivals *arrivals, const struct bucket *bucket, bool full,
	double l3_share, double payload_share, struct judgement *judgement);

/* The rate alone; L2, bit/s, and how far off it may be, as a share. */
void police_name_rate(double l2_bps, double off, double l3_share, double payload_share,
	struct judgement *judgement);

#endif
