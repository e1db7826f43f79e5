/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wehe's test (Li et al., SIGCOMM 2019, and its programs): 100 buckets of a replay each, the
 * two-sample test of Kolmogorov and Smirnov over those that are not empty, a jackknife of halves,
 * and the area between the means.
 */
#ifndef SLUICE_MEASURE_WEHE_H
#define SLUICE_MEASURE_WEHE_H

#include "control/measure/ks.h"

#include <stdint.h>

enum { WEHE_BUCKETS = 100 };

struct wehe_parameters {
	double area, area_fast; /* that is needed; fast: when one of the means is above fast_bps */
	double fast_bps;
	double p;         /* below it, distributions differ */
	double resampled; /* p in a jackknife, to differ */
	double agreement; /* share of the jackknife that must say the same */
	uint64_t resamples, seed;
};

struct wehe_parameters wehe_defaults(void);

enum wehe_verdict { WEHE_SAME, WEHE_DIFFERENT, WEHE_INCONCLUSIVE };

struct wehe {
	struct ks ks;
	double area; /* (control - original) / the larger mean */
	double mean_control, mean_original;
	double agreement;
	enum wehe_verdict verdict;
};

/* WEHE_BUCKETS throughputs each, in bit/s; false when memory is gone. A replay without a byte is
 * one that was blocked: different. */
bool wehe_compare(const double *control, const double *original,
	const struct wehe_parameters *parameters, struct wehe *wehe);

#endif
