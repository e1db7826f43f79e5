/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/offers.h"

#include "dataplane/ruleset.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROOM = 1024,
	OFFER_FIRST = 16, /* a flow's packet: most are classified by then */
	OFFER_EVERY = 64, /* and each so many later */
};

struct offers {
	_Alignas(64) atomic_uint put;   /* worker: rw, control: ro */
	_Alignas(64) atomic_uint taken; /* worker: ro, control: rw */
	struct offer items[ROOM];
};

struct offers *offers_new(void)
{
	struct offers *offers = aligned_alloc(64, (sizeof(*offers) + 63) / 64 * 64);

	if (offers)
		memset(offers, 0, sizeof(*offers));
	return offers;
}

void offers_free(struct offers *offers)
{
	free(offers);
}

bool offers_want(const struct packet *packet, const struct verdict *verdict)
{
	return verdict->rule == RULE_NONE && verdict->flow && verdict->fate == FATE_FORWARD &&
	       verdict->flow_packet % OFFER_EVERY == OFFER_FIRST &&
	       (packet->proto == PROTO_TCP || packet->proto == PROTO_UDP);
}

static void describe(const struct packet *packet, struct offer *offer)
{
	bool four = packet->ip_version == 4;
	size_t bytes = four ? 4 : 16;

	*offer = (struct offer){.port = packet->port};
	memcpy(offer->flow.source, packet_source(packet), bytes);
	memcpy(offer->flow.destination, packet_destination(packet), bytes);
	offer->flow.source_port = __builtin_bswap16(packet->source_port);
	offer->flow.destination_port = __builtin_bswap16(packet->destination_port);
	offer->flow.protocol = packet->proto;
	offer->flow.family = four ? STEER_IPV4 : STEER_IPV6;
}

void offers_put(struct offers *offers, const struct packet *packet)
{
	unsigned put = atomic_load_explicit(&offers->put, memory_order_relaxed);

	if (put - atomic_load_explicit(&offers->taken, memory_order_acquire) == ROOM)
		return;
	describe(packet, &offers->items[put % ROOM]);
	atomic_store_explicit(&offers->put, put + 1, memory_order_release);
}

bool offers_take(struct offers *offers, struct offer *offer)
{
	unsigned taken = atomic_load_explicit(&offers->taken, memory_order_relaxed);

	if (taken == atomic_load_explicit(&offers->put, memory_order_acquire))
		return false;
	*offer = offers->items[taken % ROOM];
	atomic_store_explicit(&offers->taken, taken + 1, memory_order_release);
	return true;
}
