/* SPDX-License-Identifier: BSD-3-Clause */
/* Where packets come in: one queue of one port, polled by one worker. */
#ifndef SLUICE_INLET_H
#define SLUICE_INLET_H

#include <stdbool.h>
#include <stdint.h>

struct port;
struct rte_mbuf;

struct inlet {
	uint16_t id, queue; /* of DPDK */
	uint16_t port;      /* index of box_options.ports */
	bool ends;
	uint32_t empty_polls; /* in a row, saturated */
};

/* Takes up to BURST packets, as they were on the wire and with `port` in them; how many. */
unsigned inlet_poll(struct inlet *inlet, struct rte_mbuf *buffers[]);

/* It is a capture, and has given nothing for so long that it has been read. */
bool inlet_at_end(const struct inlet *inlet);

/* Every queue of every port that worker `number` of `workers` reads; how many, at most `max`. */
unsigned inlets_plan(struct inlet inlets[], unsigned max, const struct port *ports,
	unsigned port_count, unsigned number, unsigned workers);

#endif
