/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may stand beside a step: when it acts, and how its parameters change.
 *
 *   - police: {rate: 8.5Mbit/s, burst: 100kB, count: l3}
 *     between: 18:00-23:00 utc                 at other times the step rests (hours.h)
 *     from:                                    from then on these hold, beside what held before
 *       2024-07-30: {rate: 918kbit/s}
 *       2024-08-01: {rate: 322kbit/s}
 *     ramp: linear                             numbers go over evenly from one date to the next,
 *                                              in 48 steps; else all at once (steps)
 */
#ifndef SLUICE_SCHEDULE_H
#define SLUICE_SCHEDULE_H

#include "references.h"

#include "dataplane/ruleset.h"

/* Reads them for a throttle whose own parameters are read and prepared; `written` are the same
 * before they were prepared. Fills throttle->timetable, which whoever frees the ruleset frees
 * (timetable_free); NULL when there is none. False on failure, with nothing to free. */
bool schedule_read(const struct references *references, const struct yaml_node *step,
	const uint8_t *written, struct throttle *throttle);

/* NULL-terminated: the keys beside the kind's word. */
extern const char *const schedule_words[];

#endif
