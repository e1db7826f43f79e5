/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/handover.h"

#include <rte_prefetch.h>
#include <string.h>

void handover_put(struct handover *handover, unsigned owner, struct rte_mbuf *buffer)
{
	struct away *away = &handover->away[owner];

	away->buffers[away->count++] = buffer;
}

unsigned handover_send(struct handover *handover, unsigned owner, struct rte_mbuf *refused[BURST])
{
	struct away *away = &handover->away[owner];
	unsigned count = away->count, sent;

	if (!count)
		return 0;
	sent = rte_ring_sp_enqueue_burst(
		exchange_arrivals(handover->exchange, handover->number, owner),
		(void *const *)away->buffers, count, NULL);
	memcpy(refused, away->buffers + sent, (count - sent) * sizeof(*refused));
	away->count = 0;
	return count - sent;
}

unsigned handover_take(
	const struct handover *handover, unsigned from, struct rte_mbuf *buffers[BURST])
{
	struct rte_ring *ring = exchange_arrivals(handover->exchange, from, handover->number);
	unsigned count = ring ? rte_ring_sc_dequeue_burst(ring, (void **)buffers, BURST, NULL) : 0;

	for (unsigned i = 0; i < count; i++)
		rte_prefetch0(buffers[i]);
	return count;
}

bool handover_is_empty(const struct handover *handover)
{
	for (unsigned from = 0; from < handover->workers; from++) {
		struct rte_ring *ring =
			exchange_arrivals(handover->exchange, from, handover->number);

		if (ring && !rte_ring_empty(ring))
			return false;
	}
	return true;
}
