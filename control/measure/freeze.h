/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows that stop for good: frozen by a box, or kept from hearing acknowledgements. */
#ifndef SLUICE_MEASURE_FREEZE_H
#define SLUICE_MEASURE_FREEZE_H

#include "control/measure/journal.h"
#include "control/measure/judgement.h"

/* Replaces the judgement when nothing was answered any more although data was sent again, or when
 * data came again that had been acknowledged. */
void freeze_judge(
	const struct flow_journals *flow, enum direction direction, struct judgement *judgement);

#endif
