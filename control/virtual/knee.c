/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/knee.h"

#include <math.h>

enum { READINGS_LEAST = 8, CANDIDATES = 400 };

/* Sums for a least-squares line of time over bytes. */
struct sums {
	double n, x, y, xx, xy, yy;
};

static void add(struct sums *sums, double x, double y)
{
	sums->n++;
	sums->x += x;
	sums->y += y;
	sums->xx += x * x;
	sums->xy += x * y;
	sums->yy += y * y;
}

/* What is left of the squares beside the best line. */
static double residue(const struct sums *sums)
{
	double xx = sums->xx - sums->x * sums->x / sums->n;
	double xy = sums->xy - sums->x * sums->y / sums->n;
	double yy = sums->yy - sums->y * sums->y / sums->n;

	return xx > 0 ? yy - xy * xy / xx : yy;
}

static double residue_of(
	const struct reading *readings, size_t from, size_t to, size_t step, uint64_t begin_ns)
{
	struct sums sums = {0};

	for (size_t i = from; i < to; i += step)
		add(&sums, (double)readings[i].bytes,
			(double)(readings[i].time_ns - begin_ns) / 1e9);
	return residue(&sums);
}

double knee_find(const struct reading *readings, size_t count, uint64_t begin_ns)
{
	size_t step = count / CANDIDATES + 1, best = 0;
	double least = INFINITY;

	if (count < READINGS_LEAST)
		return 0;
	for (size_t at = 2 * step; at + 2 * step < count; at += step) {
		double sum = residue_of(readings, 0, at, step, begin_ns) +
			     residue_of(readings, at, count, step, begin_ns);

		if (sum < least) {
			least = sum;
			best = at;
		}
	}
	return (double)readings[best].bytes;
}
