/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One run of a traffic script through a box, in virtual time: a pure function of script, rules and
 * seed.
 */
#ifndef SLUICE_TRIAL_H
#define SLUICE_TRIAL_H

#include "control/rules.h"
#include "control/virtual/observables.h"
#include "control/virtual/script.h"

#include <stdbool.h>

enum { TRIAL_POINTS = 200, TRIAL_WORD = 64 };

struct trial_setup {
	const struct rules *rules; /* NULL: no box */
	const struct script *script;
	uint64_t seed;
	bool detect;         /* OBSERVABLE_VERDICT is wanted */
	const char *capture; /* a pcapng with what comes out of the box; NULL: none */
};

struct trial_point {
	double s, bytes; /* since the begin of the transfer */
};

/* What was seen. Of durations, INFINITY is "never". */
struct trial {
	double values[OBSERVABLES]; /* those that compare with another trial are not filled in */
	char words[OBSERVABLES][TRIAL_WORD];
	bool open_loop;                          /* the last transfer was at a steady rate */
	double retransmitted;                    /* share of the last flow's segments */
	struct trial_point points[TRIAL_POINTS]; /* of the last transfer of the first flow */
	unsigned point_count;
};

/* False with *failure set. */
bool trial_run(const struct trial_setup *setup, struct trial *trial, struct failure *failure);

/* How many times longer (of what is offered at a steady rate: slower) than the other. */
double trial_factor(const struct trial *trial, const struct trial *other);

#endif
