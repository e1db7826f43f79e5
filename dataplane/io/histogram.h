/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often each value came, in bounded memory: exact below 128, above it in 128 steps an octave,
 * so that a value is known to 0.8 % (the layout of HdrHistogram). Adding never allocates.
 */
#ifndef SLUICE_HISTOGRAM_H
#define SLUICE_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_BITS = 7, /* of a value that are kept below its highest one */
	HISTOGRAM_STEPS = 1 << HISTOGRAM_BITS,
	HISTOGRAM_PLACES = (64 - HISTOGRAM_BITS + 1) * HISTOGRAM_STEPS,
};

struct histogram { /* zeroed, it is empty */
	uint64_t count, most;
	uint64_t places[HISTOGRAM_PLACES];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* A value that `share` (0 to 1) of all values do not exceed: the highest of its step, and never
 * more than the highest that came. 0 when empty. */
uint64_t histogram_at(const struct histogram *histogram, double share);

#endif
