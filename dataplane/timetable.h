/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a step acts and with which parameters: hours of the day, and changes at dates. A ramp is
 * many small changes. The state of a step goes on through all of them.
 */
#ifndef SLUICE_TIMETABLE_H
#define SLUICE_TIMETABLE_H

#include "dataplane/throttle/throttle.h"

#include <stdbool.h>
#include <stdint.h>

/* A part of each day, UTC. It may go over midnight; a whole day when both are equal. */
struct hours {
	uint32_t opens_s, closes_s; /* since midnight, the second one not included */
};

enum { HOURS_MAX = 4 };

/* No hours at all are every hour. */
struct opening {
	uint32_t count;
	struct hours hours[HOURS_MAX];
};

struct timetable_change {
	uint64_t from_ns; /* since the epoch */
	_Alignas(8) uint8_t params[THROTTLE_PARAMS_BYTES];
};

struct timetable {
	struct opening opening;
	uint32_t count;
	struct timetable_change *changes; /* owned; in order of time */
};

bool opening_has(const struct opening *opening, uint64_t now_ns);

/* What holds at now_ns: params before the first change. NULL when the step rests. */
const void *timetable_params(
	const struct timetable *timetable, const void *params, uint64_t now_ns);

/* NULL is fine. */
void timetable_free(struct timetable *timetable);

#endif
