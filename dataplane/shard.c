/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/shard.h"

#include "dataplane/flow_key.h"

#include <string.h>

uint32_t pipeline_shard(const struct ruleset *ruleset, const struct packet *packet, uint32_t shards)
{
	if (packet->kind != PACKET_FLOW || ruleset->shared_count)
		return 0;
	return (flow_hash(packet) >> 32) * shards >> 32;
}

const uint8_t *pipeline_inside_host(const struct prefixes *inside, const struct packet *packet)
{
	const uint8_t *source = packet_source(packet);
	const uint8_t *destination = packet_destination(packet);
	bool from_inside = prefixes_contain(inside, source, packet->ip_version);

	if (from_inside != prefixes_contain(inside, destination, packet->ip_version))
		return from_inside ? source : destination;
	return memcmp(source, destination, packet->ip_version == 4 ? 4 : 16) < 0 ? source
										 : destination;
}
