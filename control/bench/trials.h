/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One contest under one setting: every contender in turns (A B C, A B C, ...), so that whatever the
 * machine does meets all of them; repeats that the machine has spoilt are taken again.
 */
#ifndef SLUICE_TRIALS_H
#define SLUICE_TRIALS_H

#include "control/bench/contest.h"
#include "control/bench/spread.h"

enum { ATTEMPTS_MAX = 4 }; /* for one repeat; then it counts as it is, and is told */

struct trials_result {
	struct spread spreads[CONTENDERS_MAX];
	uint32_t spoilt;  /* repeats that were thrown away */
	uint32_t doubted; /* spoilt ones that had to be taken */
};

/* False with *failure set: a contender could not begin, or did not do its work. */
bool trials_run(const struct contest *contest, const struct setting *setting, uint32_t repeats,
	struct trials_result *result, struct failure *failure);

/* How the medians meet a target: the number that is held against its bound. */
double trials_ratio(const struct contest *contest, const struct target *target,
	const struct trials_result *result);
bool trials_met(const struct contest *contest, const struct target *target,
	const struct trials_result *result);

#endif
