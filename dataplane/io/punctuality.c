/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/punctuality.h"

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void keep(struct punctuality_kept *kept, uint64_t due_ns, uint64_t at_ns)
{
	histogram_add(&kept->error, distance(at_ns, due_ns));
	kept->late += at_ns > due_ns + PUNCTUALITY_LATE_NS;
}

/* After Welford: no difference of large numbers. */
static void follow(struct punctuality_trend *trend, double due, double error)
{
	double due_off = due - trend->due_mean, error_off = error - trend->error_mean;

	trend->count++;
	trend->due_mean += due_off / trend->count;
	trend->error_mean += error_off / trend->count;
	trend->due_due += due_off * (due - trend->due_mean);
	trend->due_error += due_off * (error - trend->error_mean);
}

static void keep_gap(struct punctuality *punctuality, uint64_t due_ns, uint64_t at_ns, bool calm)
{
	uint64_t gap = distance(at_ns - punctuality->last_ns, due_ns - punctuality->last_due_ns);

	histogram_add(&punctuality->all.gap, gap);
	if (calm && punctuality->last_calm)
		histogram_add(&punctuality->calm.gap, gap);
}

void punctuality_add(struct punctuality *punctuality, uint64_t due_ns, uint64_t at_ns, bool calm)
{
	if (punctuality->all.error.count) {
		keep_gap(punctuality, due_ns, at_ns, calm);
	} else {
		punctuality->first_due_ns = due_ns;
		punctuality->first_ns = at_ns;
	}
	keep(&punctuality->all, due_ns, at_ns);
	if (calm) {
		keep(&punctuality->calm, due_ns, at_ns);
		follow(&punctuality->trend, (double)(due_ns - punctuality->first_due_ns),
			(double)(int64_t)(at_ns - due_ns));
	}
	punctuality->last_due_ns = due_ns;
	punctuality->last_ns = at_ns;
	punctuality->last_calm = calm;
}

void punctuality_stall(struct punctuality *punctuality, uint64_t ns)
{
	punctuality->stalls++;
	punctuality->stalled_ns += ns;
	if (ns > punctuality->longest_stall_ns)
		punctuality->longest_stall_ns = ns;
}

double punctuality_drift_ppm(const struct punctuality *punctuality)
{
	const struct punctuality_trend *trend = &punctuality->trend;

	return trend->due_due > 0 ? trend->due_error / trend->due_due * 1e6 : 0;
}
