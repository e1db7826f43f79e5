/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Do two rows of throughputs come from the same path? Neighbouring bins are alike, so whole blocks
 * of bins are exchanged and drawn, as long as the rows remember (twice the integrated
 * autocorrelation time). Two permutation tests, of the means (studentised, so that unequal spreads
 * and lengths do no harm) and of the distributions; a bootstrap for how large the difference is.
 */
#ifndef SLUICE_MEASURE_CONTRAST_H
#define SLUICE_MEASURE_CONTRAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_of_bins {
	const double *bins;
	size_t count;
};

struct contrast_parameters {
	double alpha;
	uint64_t seed;
};

struct contrast {
	double mean_a, mean_b;
	double effect;       /* (b - a) / the larger one: -1 to 1 */
	double effect_ci[2]; /* at 1 - alpha */
	double detectable;   /* the least effect that is found with 95 % */
	double ks;           /* distance of the distributions */
	double p_mean, p_ks;
	double p;     /* of both: twice the smaller one */
	size_t block; /* bins that are exchanged together */
	size_t blocks_a, blocks_b;
};

/* False when memory is gone, or when there are less than four blocks in a row. */
bool contrast_find(const struct row_of_bins *a, const struct row_of_bins *b,
	const struct contrast_parameters *parameters, struct contrast *contrast);

#endif
