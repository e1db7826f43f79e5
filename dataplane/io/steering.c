/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/steering.h"

#include "dataplane/flow_key.h"
#include "dataplane/prng.h"
#include "dataplane/shard.h"

#include <string.h>

static uint64_t host_hash(const struct prefixes *inside, const struct packet *packet)
{
	const uint8_t *host = pipeline_inside_host(inside, packet);
	uint64_t half[2] = {0};

	memcpy(half, host, packet->ip_version == 4 ? 4 : 16);
	return prng_mix(half[0] ^ 0x9e3779b97f4a7c15ull, half[1] ^ 0xbf58476d1ce4e5b9ull);
}

unsigned steer(enum steering steering, const struct prefixes *inside, const struct packet *packet,
	unsigned workers, unsigned here)
{
	uint64_t hash;

	if (packet->kind != PACKET_FLOW)
		return here;
	hash = steering == STEER_HOST ? host_hash(inside, packet) : flow_hash(packet);
	return (hash >> 32) * workers >> 32;
}
