/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rings between workers, one producer and one consumer each: packets that arrived at a worker they
 * do not belong to, and packets that leave by a queue which another worker serves.
 */
#ifndef SLUICE_EXCHANGE_H
#define SLUICE_EXCHANGE_H

#include "dataplane/io/port.h"

#include <rte_ring.h>

struct exchange;

/* Packets that a ring can hold. */
unsigned exchange_ring_size(unsigned workers);

/* Rings as the ports' queues make necessary. NULL with *trouble set. */
struct exchange *exchange_new(
	unsigned workers, const struct port *ports, unsigned port_count, struct trouble *trouble);
void exchange_free(struct exchange *exchange); /* what is in the rings goes back to its pool */

/* Packets that `from` received and `to` treats; never NULL, from != to. */
struct rte_ring *exchange_arrivals(const struct exchange *exchange, unsigned from, unsigned to);

/* Packets that `from` has treated and the worker exchange_sender() sends by `port`; NULL when that
 * is `from` itself. */
struct rte_ring *exchange_departures(const struct exchange *exchange, unsigned from, unsigned port);

/* A transmit queue a worker as long as there are some; then they are shared. */
static inline unsigned exchange_sender(const struct port *port, unsigned worker)
{
	return worker % port->tx_queues;
}

#endif
