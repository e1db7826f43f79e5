/* SPDX-License-Identifier: BSD-3-Clause */
/* The two-sample test of Kolmogorov and Smirnov. */
#ifndef SLUICE_MEASURE_KS_H
#define SLUICE_MEASURE_KS_H

#include <stdbool.h>
#include <stddef.h>

struct ks {
	double distance; /* largest difference of the two distribution functions */
	double p;        /* two-sided; exact up to 1000 x 1000 values, else asymptotic */
};

void ks_sort(double *values, size_t count);

/* Of sorted values. */
double ks_distance(const double *a, size_t a_count, const double *b, size_t b_count);

/* The chance of such a distance or a larger one; false when memory is gone. Samples may not be
 * empty. */
bool ks_test(const double *a, size_t a_count, const double *b, size_t b_count, struct ks *ks);

#endif
