/* SPDX-License-Identifier: BSD-3-Clause */
/* What was to be sent beside what was sent, for people and as JSON. */
#ifndef SLUICE_ACHIEVED_H
#define SLUICE_ACHIEVED_H

#include "dataplane/io/pace.h"
#include "dataplane/io/sender.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct achieved {
	struct pace_plan plan; /* packets UINT64_MAX: until it was stopped */
	bool flat;             /* no deadlines */
	bool stopped;          /* by a signal: less than planned is no failure */
	double tolerance;      /* share, 0 to 1 */
	const struct sender_counts *counts;
	const struct punctuality *punctuality;
};

/* All packets that were to leave did, and the last one when it was due, within the tolerance of
 * both (of the time also within a millisecond). */
bool achieved_enough(const struct achieved *achieved);

void achieved_print(const struct achieved *achieved, FILE *out);

/* The caller decrefs. */
json_t *achieved_json(const struct achieved *achieved);

#endif
