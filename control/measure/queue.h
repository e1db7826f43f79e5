/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Is there a queue? Round trips that grow beyond the least one; and while they are long, the rate
 * at which data arrives is that of whatever drains the queue.
 */
#ifndef SLUICE_MEASURE_QUEUE_H
#define SLUICE_MEASURE_QUEUE_H

#include "control/measure/burst.h"

struct queue_evidence {
	double delay_us; /* the median one beyond the least round trip */
	double busy;     /* share of the time with a queue */
	double rate;     /* payload, bytes/s, while there was one; 0 not known */
	double spread;   /* of that rate over parts of the burst: deviation over mean */
	bool seen;       /* a queue worth the name */
};

/* `base_us`: the least round trip. `values`: room for one for each copy. */
struct queue_evidence queue_look(
	const struct journal *journal, const struct burst *burst, double base_us, uint32_t *values);

/* The delay beyond which round trips are said to be long. */
double queue_least_us(double base_us);

#endif
