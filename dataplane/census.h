/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long the flows of a table have been silent: which are to go when it is full.
 */
#ifndef SLUICE_CENSUS_H
#define SLUICE_CENSUS_H

#include "dataplane/flow.h"

struct census {
	uint64_t *heard_ns; /* room for `limit` flows, touched when they are counted */
	uint32_t limit;
};

/* Of a table of `limit` flows. False when the address space cannot be had. */
bool census_begin(struct census *census, uint32_t limit);
void census_end(struct census *census);

/* The time such that at least a sixteenth of the limit of flows (embryonic ones only, or all) have
 * been silent since then or longer; 0 when there are none. O(slots). */
uint64_t census_oldest(struct census *census, struct flow_table *table, bool embryonic_only);

#endif
