/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Was the processor ours, and as fast as before, while something was measured? A machine that is
 * shared gives time away (steal, preemption) and changes its clock; a repeat during which it did is
 * to be thrown away, not averaged.
 */
#ifndef SLUICE_STEADINESS_H
#define SLUICE_STEADINESS_H

#include <stdbool.h>
#include <stdint.h>

struct steadiness {
	uint64_t raw_ns, thread_ns; /* at the begin: by the wall, and what this thread got */
	uint64_t steal_ticks;       /* of this core, from /proc/stat */
	double probe;               /* ticks per addition at the begin */
};

/* What a repeat may lose: time that this thread did not get, and change of the clock's ratio. */
#define STEADINESS_LOST_MAX  0.005
#define STEADINESS_CLOCK_MAX 0.03

/* Takes some 2 ms: a chain of additions, each needing the one before, times the core's clock. */
struct steadiness steadiness_begin(void);

/* False when what was measured since is spoilt. */
bool steadiness_kept(const struct steadiness *begin);

#endif
