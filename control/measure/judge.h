/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The own method of `measure detect`: what each flow and direction has met, burst by burst and in
 * all. See police.h for policers and queue.h for shapers and congestion.
 */
#ifndef SLUICE_MEASURE_JUDGE_H
#define SLUICE_MEASURE_JUDGE_H

#include "control/measure/journal.h"
#include "control/measure/judgement.h"

struct judgements {
	struct judgement whole;
	struct judgement *bursts; /* the caller frees */
	size_t count;
};

/* `group`: flows that may share a device with it (the same ends), itself among them. False when
 * memory is gone. */
bool judge_flow(const struct flow_journals *flow, enum direction direction,
	struct flow_journals *const *group, size_t group_count, struct judgements *judgements);

#endif
