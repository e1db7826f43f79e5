/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/flow_key.h"

#include "dataplane/prng.h"

#include <string.h>

/* One end of a flow: IPv4 exactly, IPv6 folded with a key. */
static uint64_t end_of(const uint8_t *address, uint8_t ip_version, uint16_t port, uint64_t key)
{
	uint32_t ipv4;
	uint64_t half[2];

	if (ip_version == 4) {
		memcpy(&ipv4, address, sizeof(ipv4));
		return (uint64_t)__builtin_bswap32(ipv4) << 16 | port;
	}
	memcpy(half, address, sizeof(half));
	/* An interface identifier is anybody's choice: without the key one of them would make the
	 * product zero, and the port would not show. */
	return prng_mix(prng_mix(half[0], key), prng_mix(half[1] ^ key, port));
}

/* Which end is lower must not depend on the key, or draws and directions would. */
static bool sender_is_low(const struct packet *packet)
{
	int order = memcmp(packet_source(packet), packet_destination(packet),
		packet->ip_version == 4 ? 4 : 16);

	return order ? order < 0 : packet->source_port <= packet->destination_port;
}

struct flow_key flow_key_with(const struct packet *packet, const uint64_t seed[2], bool *low)
{
	uint64_t source =
		end_of(packet_source(packet), packet->ip_version, packet->source_port, seed[0]);
	uint64_t destination = end_of(
		packet_destination(packet), packet->ip_version, packet->destination_port, seed[0]);
	uint64_t kind = (uint64_t)packet->ip_version << 8 | packet->proto;
	struct flow_key key;

	*low = packet->ip_version == 4 ? source <= destination : sender_is_low(packet);
	key.word[0] = *low ? source : destination;
	key.word[1] = *low ? destination : source;
	if (packet->ip_version == 4) {
		key.word[0] |= kind << 48;
		return key;
	}
	key.word[0] = prng_mix(key.word[0] ^ kind, seed[1]);
	return key;
}

uint64_t flow_hash(const struct packet *packet)
{
	static const uint64_t fixed[2] = {0x243f6a8885a308d3ull, 0x13198a2e03707344ull};
	bool low;
	struct flow_key key = flow_key_with(packet, fixed, &low);

	return prng_mix(prng_mix(key.word[0], fixed[1]), key.word[1]);
}
