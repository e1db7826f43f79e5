/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/inlet.h"

#include "dataplane/io/port.h"
#include "dataplane/pipeline.h"

#include <rte_ethdev.h>

/* An input that gave nothing so many times in a row has come to its end. */
enum { END_POLLS = 1000 };

unsigned inlet_poll(struct inlet *inlet, struct rte_mbuf *buffers[])
{
	unsigned count = rte_eth_rx_burst(inlet->id, inlet->queue, buffers, BURST);

	if (!count) {
		inlet->empty_polls += inlet->empty_polls < END_POLLS;
		return 0;
	}
	inlet->empty_polls = 0;
	for (unsigned i = 0; i < count; i++) {
		/* Some cards take the tag off whether asked or not. */
		if (unlikely(buffers[i]->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED))
			rte_vlan_insert(&buffers[i]);
		buffers[i]->port = inlet->port;
	}
	return count;
}

bool inlet_at_end(const struct inlet *inlet)
{
	return inlet->ends && inlet->empty_polls == END_POLLS;
}

unsigned inlets_plan(struct inlet inlets[], unsigned max, const struct port *ports,
	unsigned port_count, unsigned number, unsigned workers)
{
	unsigned count = 0;

	for (unsigned p = 0; p < port_count; p++) {
		for (unsigned queue = number; queue < ports[p].rx_queues && count < max;
			queue += workers) {
			inlets[count++] = (struct inlet){
				.id = ports[p].id,
				.queue = queue,
				.port = p,
				.ends = ports[p].kind->ends,
			};
		}
	}
	return count;
}
