/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of several pipelines a packet belongs to: both directions of a flow to the same. */
#ifndef SLUICE_SHARD_H
#define SLUICE_SHARD_H

#include "classifiers/packet.h"
#include "dataplane/ruleset.h"

/* The shard, of `shards`, that must see this packet. */
uint32_t pipeline_shard(
	const struct ruleset *ruleset, const struct packet *packet, uint32_t shards);

/* The address by which packets of one inside host can be steered to one shard: the end that is
 * inside; when both are or none is, the lower of the two, so that both directions agree. Of a
 * PACKET_FLOW; 4 or 16 bytes in packet->frame. */
const uint8_t *pipeline_inside_host(const struct prefixes *inside, const struct packet *packet);

#endif
