/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One worker's packets on their way to the workers that own their flows, and those of others on
 * their way to it. A ring's other end looks at it all the time, so each burst is one write to it.
 */
#ifndef SLUICE_HANDOVER_H
#define SLUICE_HANDOVER_H

#include "dataplane/io/box.h"
#include "dataplane/io/exchange.h"

#include <rte_mbuf.h>

/* Of a burst, what belongs to one other worker. */
struct away {
	unsigned count;
	struct rte_mbuf *buffers[BURST];
};

struct handover {
	const struct exchange *exchange;
	unsigned number, workers; /* this one; all of them */
	struct away away[BOX_WORKERS_MAX];
};

/* At most BURST for one owner between two calls of handover_send(). */
void handover_put(struct handover *handover, unsigned owner, struct rte_mbuf *buffer);

/* Sends what was put for this owner. How many found no room: in refused[], the caller's. */
unsigned handover_send(struct handover *handover, unsigned owner, struct rte_mbuf *refused[BURST]);

/* At most BURST of what another worker has sent; none from oneself. */
unsigned handover_take(
	const struct handover *handover, unsigned from, struct rte_mbuf *buffers[BURST]);

/* Nothing waits to be taken. */
bool handover_is_empty(const struct handover *handover);

#endif
