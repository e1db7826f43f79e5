/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/timetable.h"

#include <stdlib.h>

#define SECOND_NS   1000000000ull
#define SECONDS_DAY 86400u

static bool is_open(const struct hours *hours, uint32_t second)
{
	if (hours->opens_s < hours->closes_s)
		return second >= hours->opens_s && second < hours->closes_s;
	return second >= hours->opens_s || second < hours->closes_s;
}

bool opening_has(const struct opening *opening, uint64_t now_ns)
{
	uint32_t second = (uint32_t)(now_ns / SECOND_NS % SECONDS_DAY);

	for (uint32_t i = 0; i < opening->count; i++) {
		if (is_open(&opening->hours[i], second))
			return true;
	}
	return !opening->count;
}

/* The last change that is not after now_ns. */
static const struct timetable_change *change_at(const struct timetable *timetable, uint64_t now_ns)
{
	uint32_t low = 0, high = timetable->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (timetable->changes[middle].from_ns <= now_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &timetable->changes[low - 1] : NULL;
}

const void *timetable_params(const struct timetable *timetable, const void *params, uint64_t now_ns)
{
	const struct timetable_change *change;

	if (!opening_has(&timetable->opening, now_ns))
		return NULL;
	change = change_at(timetable, now_ns);
	return change ? change->params : params;
}

void timetable_free(struct timetable *timetable)
{
	if (timetable)
		free(timetable->changes);
	free(timetable);
}
