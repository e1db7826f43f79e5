/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/ks.h"

#include <math.h>
#include <stdlib.h>

enum { EXACT_MOST = 1000 * 1000, TERMS = 100 };

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

void ks_sort(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
}

double ks_distance(const double *a, size_t a_count, const double *b, size_t b_count)
{
	size_t i = 0, k = 0;
	double most = 0;

	while (i < a_count && k < b_count) {
		double at = a[i] < b[k] ? a[i] : b[k], off;

		while (i < a_count && a[i] <= at)
			i++;
		while (k < b_count && b[k] <= at)
			k++;
		off = fabs((double)i / (double)a_count - (double)k / (double)b_count);
		most = off > most ? off : most;
	}
	return most;
}

/* All orders of the values of both are as likely: paths through a grid, of which those that stay
 * nearer to the diagonal than the distance are counted (Hodges 1958). ways[k]: the share of paths
 * to (i, k) that do. */
static bool exact(double distance, size_t a_count, size_t b_count, double *p)
{
	double *ways = calloc(b_count + 1, sizeof(*ways));

	if (!ways)
		return false;
	for (size_t i = 0; i <= a_count; i++) {
		for (size_t k = 0; k <= b_count; k++) {
			double off =
				fabs((double)i / (double)a_count - (double)k / (double)b_count);
			double all = (double)(i + k);

			if (off > distance - 1e-10)
				ways[k] = 0;
			else if (!i && !k)
				ways[k] = 1;
			else
				ways[k] = (i ? ways[k] * (double)i / all : 0) +
					  (k ? ways[k - 1] * (double)k / all : 0);
		}
	}
	*p = 1 - ways[b_count];
	free(ways);
	return true;
}

static double asymptotic(double distance, size_t a_count, size_t b_count)
{
	double root = sqrt((double)a_count * (double)b_count / (double)(a_count + b_count));
	double at = (root + 0.12 + 0.11 / root) * distance, sum = 0;

	for (int i = 1; i <= TERMS; i++)
		sum += (i % 2 ? 2 : -2) * exp(-2.0 * i * i * at * at);
	return at < 0.2 || sum > 1 ? 1 : sum;
}

bool ks_test(const double *a, size_t a_count, const double *b, size_t b_count, struct ks *ks)
{
	ks->distance = ks_distance(a, a_count, b, b_count);
	ks->p = 1;
	if (ks->distance <= 0)
		return true;
	if (a_count * b_count <= EXACT_MOST)
		return exact(ks->distance, a_count, b_count, &ks->p);
	ks->p = asymptotic(ks->distance, a_count, b_count);
	return true;
}
