/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/exchange.h"

#include "dataplane/io/box.h"

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <stdlib.h>

/* Some milliseconds at full rate: what a worker that shares its core may be away. */
enum { RING_OF_FEW = 4096, RING_OF_MANY = 1024, FEW = 4 };

struct exchange {
	struct rte_ring *arrivals[BOX_WORKERS_MAX][BOX_WORKERS_MAX]; /* [from][to] */
	struct rte_ring *departures[BOX_WORKERS_MAX][BOX_PORTS_MAX]; /* [from][port] */
};

unsigned exchange_ring_size(unsigned workers)
{
	return workers <= FEW ? RING_OF_FEW : RING_OF_MANY;
}

static bool make_ring(struct rte_ring **ring, char kind, unsigned from, unsigned to, unsigned size,
	struct trouble *trouble)
{
	char name[32];

	snprintf(name, sizeof(name), "%c%u-%u", kind, from, to);
	*ring = rte_ring_create(name, size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	return *ring || trouble_set(trouble, true, "no memory for rings between workers: %s",
				rte_strerror(rte_errno));
}

static bool make_rings(struct exchange *exchange, unsigned workers, const struct port *ports,
	unsigned port_count, struct trouble *trouble)
{
	unsigned size = exchange_ring_size(workers);

	for (unsigned from = 0; from < workers; from++) {
		for (unsigned to = 0; to < workers; to++) {
			if (from != to && !make_ring(&exchange->arrivals[from][to], 'a', from, to,
						  size, trouble))
				return false;
		}
		for (unsigned port = 0; port < port_count; port++) {
			if (exchange_sender(&ports[port], from) != from &&
				!make_ring(&exchange->departures[from][port], 'd', from, port, size,
					trouble))
				return false;
		}
	}
	return true;
}

struct exchange *exchange_new(
	unsigned workers, const struct port *ports, unsigned port_count, struct trouble *trouble)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange) {
		trouble_set(trouble, true, "out of memory");
		return NULL;
	}
	if (make_rings(exchange, workers, ports, port_count, trouble))
		return exchange;
	exchange_free(exchange);
	return NULL;
}

static void free_ring(struct rte_ring *ring)
{
	void *packet;

	while (ring && rte_ring_dequeue(ring, &packet) == 0)
		rte_pktmbuf_free(packet);
	rte_ring_free(ring);
}

void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	for (unsigned from = 0; from < BOX_WORKERS_MAX; from++) {
		for (unsigned to = 0; to < BOX_WORKERS_MAX; to++)
			free_ring(exchange->arrivals[from][to]);
		for (unsigned port = 0; port < BOX_PORTS_MAX; port++)
			free_ring(exchange->departures[from][port]);
	}
	free(exchange);
}

struct rte_ring *exchange_arrivals(const struct exchange *exchange, unsigned from, unsigned to)
{
	return exchange->arrivals[from][to];
}

struct rte_ring *exchange_departures(const struct exchange *exchange, unsigned from, unsigned port)
{
	return exchange->departures[from][port];
}
