/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows between the same two ends that go through one policer together. */
#ifndef SLUICE_MEASURE_NEIGHBOURS_H
#define SLUICE_MEASURE_NEIGHBOURS_H

#include "control/measure/journal.h"
#include "control/measure/police.h"

struct neighbours;

/* The flows of `group` that send from and to the same addresses as `flow` does in `direction`, as
 * one row of packets with one bucket. NULL when the flow is alone or one of very many, when no
 * policer explains them, or when memory is gone. */
struct neighbours *neighbours_find(const struct flow_journals *flow, enum direction direction,
	struct flow_journals *const *group, size_t count);
void neighbours_free(struct neighbours *neighbours);

/* Whether that policer explains what happened to all of them from begin to end. NULL: no. */
bool neighbours_explain(struct neighbours *neighbours, uint64_t begin_ns, uint64_t end_ns,
	struct finding_of_bucket *finding);

const struct arrivals *neighbours_arrivals(const struct neighbours *neighbours);

#endif
