/* SPDX-License-Identifier: BSD-3-Clause */
/* The middle of repeated measurements, and how far it can be trusted. */
#ifndef SLUICE_SPREAD_H
#define SLUICE_SPREAD_H

#include <stdint.h>

enum { SPREAD_VALUES_MAX = 1000 };

struct spread {
	double median;
	double low, high; /* 95 % of the medians of resamples (percentile bootstrap, Efron 1979) */
	double least, most;
	uint32_t count;
};

/* Of 1 to SPREAD_VALUES_MAX values. The same values and seed give the same answer. */
struct spread spread_of(const double *values, uint32_t count, uint64_t seed);

#endif
