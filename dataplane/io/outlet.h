/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one worker sends by one port: packets gather in a buffer and go out once a loop, or when it
 * is full. A packet that cannot be sent is dropped by name, in the same loop in which it was
 * counted as forwarded.
 */
#ifndef SLUICE_OUTLET_H
#define SLUICE_OUTLET_H

#include "dataplane/io/exchange.h"
#include "dataplane/pipeline.h"

#include <rte_mbuf.h>

struct outlet {
	const struct port *port;
	uint16_t queue;            /* of this worker; not used when there is a ring */
	struct rte_ring *ring;     /* to the worker that serves this worker's queue; NULL: itself */
	struct pipeline *pipeline; /* that counts what could not be sent */
	unsigned count;
	struct rte_mbuf *packets[BURST];
};

void outlet_flush(struct outlet *outlet);

/* Takes the packet, which has its buffer_held(). */
void outlet_put(struct outlet *outlet, struct rte_mbuf *packet);

/* Packets of another worker that leave by this one's queue: they stay in the ring until the port
 * takes them, since their fate is already told. */
struct relay {
	const struct port *port;
	uint16_t queue;
	struct rte_ring *ring;
	unsigned first, count; /* of packets[]: taken out of the ring, not sent yet */
	struct rte_mbuf *packets[BURST];
};

/* How many were sent. */
unsigned relay_send(struct relay *relay);
bool relay_is_empty(const struct relay *relay);

/* Drops what is left as DROP_STOPPED, counted by `pipeline`. */
void relay_drop(struct relay *relay, struct pipeline *pipeline);

#endif
