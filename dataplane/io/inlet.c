/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/inlet.h"

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
