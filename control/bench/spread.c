/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/bench/spread.h"

#include "dataplane/prng.h"

#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 1000 };

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Sorts them. */
static double median_of(double *values, uint32_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double resampled(const double *values, uint32_t count, uint64_t key)
{
	double sample[SPREAD_VALUES_MAX];

	for (uint32_t i = 0; i < count; i++)
		sample[i] = values[(prng_draw(key, i) >> 32) * count >> 32];
	return median_of(sample, count);
}

struct spread spread_of(const double *values, uint32_t count, uint64_t seed)
{
	double sorted[SPREAD_VALUES_MAX], medians[RESAMPLES];
	struct spread spread = {.count = count};

	memcpy(sorted, values, count * sizeof(*values));
	spread.median = median_of(sorted, count);
	spread.least = sorted[0];
	spread.most = sorted[count - 1];
	for (int i = 0; i < RESAMPLES; i++)
		medians[i] = resampled(values, count, prng_mix(seed, i));
	qsort(medians, RESAMPLES, sizeof(*medians), by_value);
	spread.low = medians[RESAMPLES * 25 / 1000];
	spread.high = medians[RESAMPLES * 975 / 1000 - 1];
	return spread;
}
