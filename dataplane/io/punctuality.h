/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How well packets left when they were due. A departure's error is how far from its deadline it
 * was, mostly late; its gap error how far the time since the departure before it was from what the
 * two deadlines say.
 *
 * Everything is kept twice: of all departures, and of the calm ones, which did not come while the
 * sender made up for a stall: a time in which it only watched the clock and yet saw it jump by more
 * than PUNCTUALITY_STALL_NS, because the machine was given to somebody else.
 */
#ifndef SLUICE_PUNCTUALITY_H
#define SLUICE_PUNCTUALITY_H

#include "dataplane/io/histogram.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PUNCTUALITY_STALL_NS = 10000,
	PUNCTUALITY_LATE_NS = 1000, /* what is later than this counts as late */
};

struct punctuality_kept {
	struct histogram error, gap; /* ns */
	uint64_t late;               /* departures */
};

/* A line of least squares through (due, error), as means and sums of their deviations. */
struct punctuality_trend {
	double count, due_mean, error_mean, due_due, due_error;
};

struct punctuality { /* zeroed, there was none */
	struct punctuality_kept all, calm;
	struct punctuality_trend trend; /* of the calm ones */
	uint64_t stalls, stalled_ns, longest_stall_ns;
	uint64_t first_due_ns, first_ns; /* of the first departure */
	uint64_t last_due_ns, last_ns;   /* of the latest one */
	bool last_calm;
};

void punctuality_add(struct punctuality *punctuality, uint64_t due_ns, uint64_t at_ns, bool calm);
void punctuality_stall(struct punctuality *punctuality, uint64_t ns);

/* By how many millionths the calm departures' time runs slower than their deadlines'. */
double punctuality_drift_ppm(const struct punctuality *punctuality);

#endif
