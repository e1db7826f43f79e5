/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/flow_key.h"

#include "dataplane/prng.h"

#include <string.h>

static uint64_t end_of_ipv4(const uint8_t *address, uint16_t port)
{
	uint32_t ipv4;

	memcpy(&ipv4, address, sizeof(ipv4));
	return (uint64_t)__builtin_bswap32(ipv4) << 16 | port;
}

/* Folded with a key. */
static uint64_t end_of_ipv6(const uint8_t *address, uint16_t port, uint64_t key)
{
	uint64_t half[2];

	memcpy(half, address, sizeof(half));
	/* An interface identifier is anybody's choice: without the key one of them would make the
	 * product zero, and the port would not show. */
	return prng_mix(prng_mix(half[0], key), prng_mix(half[1] ^ key, port));
}

/* Both ends exactly. Which one is lower is anybody's guess, so nothing branches on it. */
static struct flow_key key_of_ipv4(const struct packet *packet, bool *low)
{
	uint64_t source = end_of_ipv4(packet_source(packet), packet->source_port);
	uint64_t destination = end_of_ipv4(packet_destination(packet), packet->destination_port);
	uint64_t differ = source ^ destination, swap;

	*low = source <= destination;
	swap = *low ? 0 : differ;
	return (struct flow_key){
		{(source ^ swap) | (uint64_t)(4u << 8 | packet->proto) << 48, destination ^ swap}};
}

/* Which end is lower must not depend on the key, or draws and directions would. */
static struct flow_key key_of_ipv6(const struct packet *packet, const uint64_t seed[2], bool *low)
{
	int order = memcmp(packet_source(packet), packet_destination(packet), 16);
	uint64_t source = end_of_ipv6(packet_source(packet), packet->source_port, seed[0]);
	uint64_t destination =
		end_of_ipv6(packet_destination(packet), packet->destination_port, seed[0]);
	uint64_t kind = 6u << 8 | packet->proto;

	*low = order ? order < 0 : packet->source_port <= packet->destination_port;
	return (struct flow_key){{prng_mix((*low ? source : destination) ^ kind, seed[1]),
		*low ? destination : source}};
}

struct flow_key flow_key_with(const struct packet *packet, const uint64_t seed[2], bool *low)
{
	return packet->ip_version == 4 ? key_of_ipv4(packet, low) : key_of_ipv6(packet, seed, low);
}

uint64_t flow_hash(const struct packet *packet)
{
	static const uint64_t fixed[2] = {0x243f6a8885a308d3ull, 0x13198a2e03707344ull};
	bool low;
	struct flow_key key = flow_key_with(packet, fixed, &low);

	return prng_mix(prng_mix(key.word[0], fixed[1]), key.word[1]);
}
