/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/outlet.h"

#include "dataplane/io/buffers.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

/* A port that takes nothing so many times in a row is full. */
enum { RETRIES = 16 };

static void refuse(struct pipeline *pipeline, struct rte_mbuf *packet, enum drop_reason why)
{
	pipeline_refuse(pipeline, buffer_held(packet), why);
	rte_pktmbuf_free(packet);
}

static unsigned hand_on(struct outlet *outlet)
{
	return rte_ring_sp_enqueue_burst(
		outlet->ring, (void **)outlet->packets, outlet->count, NULL);
}

static unsigned transmit(struct outlet *outlet)
{
	unsigned sent = 0;

	for (int left = RETRIES; left && sent < outlet->count; left--) {
		unsigned now = rte_eth_tx_burst(outlet->port->id, outlet->queue,
			outlet->packets + sent, outlet->count - sent);

		sent += now;
		if (now)
			left = RETRIES;
		else
			rte_pause();
	}
	return sent;
}

void outlet_flush(struct outlet *outlet)
{
	unsigned sent;

	if (!outlet->count)
		return;
	sent = outlet->ring ? hand_on(outlet) : transmit(outlet);
	for (unsigned i = sent; i < outlet->count; i++)
		refuse(outlet->pipeline, outlet->packets[i], DROP_TX_FULL);
	outlet->count = 0;
}

void outlet_put(struct outlet *outlet, struct rte_mbuf *packet)
{
	uint32_t length = rte_pktmbuf_pkt_len(packet);

	if (unlikely(!__atomic_load_n(&outlet->port->link_up, __ATOMIC_RELAXED))) {
		refuse(outlet->pipeline, packet, DROP_LINK_DOWN);
		return;
	}
	if (unlikely(length > outlet->port->longest || length < outlet->port->shortest)) {
		refuse(outlet->pipeline, packet,
			length < outlet->port->shortest ? DROP_TOO_SHORT : DROP_TOO_LONG);
		return;
	}
	outlet->packets[outlet->count++] = packet;
	if (outlet->count == BURST)
		outlet_flush(outlet);
}

static bool refill(struct relay *relay)
{
	if (relay->count)
		return true;
	relay->first = 0;
	relay->count = rte_ring_sc_dequeue_burst(relay->ring, (void **)relay->packets, BURST, NULL);
	return relay->count;
}

unsigned relay_send(struct relay *relay)
{
	unsigned sent;

	if (!refill(relay))
		return 0;
	sent = rte_eth_tx_burst(
		relay->port->id, relay->queue, relay->packets + relay->first, relay->count);
	relay->first += sent;
	relay->count -= sent;
	return sent;
}

bool relay_is_empty(const struct relay *relay)
{
	return !relay->count && rte_ring_empty(relay->ring);
}

void relay_drop(struct relay *relay, struct pipeline *pipeline)
{
	while (refill(relay)) {
		relay->count--;
		refuse(pipeline, relay->packets[relay->first++], DROP_STOPPED);
	}
}
