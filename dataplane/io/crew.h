/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The workers of a box together: made, launched, asked and stopped by the control thread. Each has
 * a pipeline of its own; what they share is read only, or a ring between two of them.
 */
#ifndef SLUICE_CREW_H
#define SLUICE_CREW_H

#include "dataplane/io/box.h"
#include "dataplane/io/offers.h"

struct crew;

/* The workers run when this returns. `steered`: cards bring both directions of a flow together.
 * NULL with *trouble set. */
struct crew *crew_new(const struct box_options *options, const struct port *ports,
	const struct tsc *clock, bool steered, struct trouble *trouble);
void crew_free(struct crew *crew); /* stops them, when they still run */

/* Every worker has adopted it when this returns. */
void crew_swap(struct crew *crew, const struct ruleset *ruleset);

/* Fills sum, worker_count and workers. False when memory is gone. */
bool crew_counters(struct crew *crew, struct box_counters *counters);

/* The next flow that a worker offers to the kernel, with box_options.bypass. */
bool crew_take_offer(struct crew *crew, struct offer *offer);

void crew_drain(struct crew *crew);
bool crew_is_drained(const struct crew *crew);
void crew_stop(struct crew *crew);
bool crew_at_end(const struct crew *crew);

const struct pipeline *crew_pipeline(const struct crew *crew); /* of the first */

#endif
