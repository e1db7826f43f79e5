/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/place.h"

static bool is_in_scope(const struct prefixes *scope, const struct packet *packet)
{
	return !scope ||
	       (prefixes_contain(scope, packet_source(packet), packet->ip_version) &&
		       prefixes_contain(scope, packet_destination(packet), packet->ip_version));
}

void places_find(struct place *places, const struct flow_table *table, const struct prefixes *scope,
	const struct packet *const packets[], unsigned count)
{
	uint64_t changes = flow_table_changes(table);

	for (unsigned i = 0; i < count; i++) {
		struct place *place = &places[i];

		place->flow = NULL;
		place->changes = changes;
		place->in_scope = packets[i]->kind == PACKET_FLOW && is_in_scope(scope, packets[i]);
		if (!place->in_scope)
			continue;
		place->key = flow_key_of(table, packets[i], &place->low);
		place->hash = flow_table_hash(table, &place->key);
		flow_prefetch_tags(table, place->hash);
	}
	for (unsigned i = 0; i < count; i++) {
		if (places[i].in_scope)
			places[i].matches = flow_matches(table, places[i].hash);
	}
	for (unsigned i = 0; i < count; i++) {
		if (!places[i].in_scope)
			continue;
		places[i].flow =
			flow_find_among(table, &places[i].key, places[i].hash, places[i].matches);
		if (!places[i].flow)
			continue;
		places[i].record = flow_record(table, places[i].flow);
		__builtin_prefetch(places[i].record, 1);
	}
}
