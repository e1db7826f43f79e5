/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run's own numbers say against taking its result at face value. */
#ifndef SLUICE_CAVEATS_H
#define SLUICE_CAVEATS_H

#include "control/outputs.h"
#include "control/timeline.h"
#include "control/warnings.h"

#include "dataplane/counters.h"

/* Steps back in the capture's time, or no time at all. */
void caveats_of_time(struct warnings *warnings, const struct timeline *timeline,
	const struct outputs_totals *totals);

/* Packets and flows that could not be treated as they were meant to be. */
void caveats_of_events(struct warnings *warnings, const struct counters *counters);

#endif
