/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the flows of a burst's packets are in the table: found out in stages, each of which asks
 * for the memory that the next one reads, so that the misses of a burst are waited for together.
 */
#ifndef SLUICE_PLACE_H
#define SLUICE_PLACE_H

#include "classifiers/prefixes.h"
#include "dataplane/flow.h"

struct place {
	struct flow_key key;
	uint64_t hash;
	struct flow *flow; /* NULL: there is none; good while the table has changed no further */
	struct flow_record *record; /* of that flow */
	uint64_t changes;
	uint32_t matches; /* a stage of the lookup */
	bool low;         /* the packet's sender is the lower end of the key */
	bool in_scope;    /* a PACKET_FLOW whose two ends are in scope; else only this is set */
};

/* `scope` NULL: every address is in it. */
void places_find(struct place *places, const struct flow_table *table, const struct prefixes *scope,
	const struct packet *const packets[], unsigned count);

/* The flow now, whatever became of the table since. */
static inline struct flow *place_flow(const struct place *place, const struct flow_table *table)
{
	return flow_table_changes(table) == place->changes
		       ? place->flow
		       : flow_find(table, &place->key, place->hash);
}

/* The record of the packet's flow, which may be another one by now, also in the same slot. */
static inline struct flow_record *place_record(
	const struct place *place, const struct flow_table *table, const struct flow *flow)
{
	return flow_table_changes(table) == place->changes ? place->record
							   : flow_record(table, flow);
}

#endif
