/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/announce.h"

#include "dataplane/io/interface.h"

#include <string.h>

static void announce_offloads(struct notes *notes, const struct port *port, unsigned number)
{
	struct interface interface;
	char words[64];

	if (!port->interface[0] || !interface_read(port->interface, &interface))
		return;
	interface_offload_words(interface.offloads, words, sizeof(words));
	notes_add(notes, "port %u: %s: offloads of the interface: %s", number, port->text, words);
	/* Where XDP receives, the kernel joins nothing before the box has it. */
	if (!port->kind->scoped && interface.offloads & (1 << INTERFACE_GRO | 1 << INTERFACE_LRO))
		notes_add(notes,
			"port %u: %s: the kernel joins segments before the box sees them: ethtool "
			"-K %s gro off lro off",
			number, port->text, port->interface);
}

void announce_port(struct notes *notes, const struct port *port, unsigned number)
{
	notes_add(notes, "port %u: %s, %s, MTU %u, %u queue%s, %s", number, port->text,
		number % 2 ? "outside" : "inside", port->mtu, port->rx_queues,
		port->rx_queues == 1 ? "" : "s", port->link_up ? "link up" : "no link");
	announce_offloads(notes, port, number);
}

void announce_pair(struct notes *notes, const struct port pair[2], unsigned first)
{
	if (pair[0].longest != pair[1].longest && pair[0].interface[0] && pair[1].interface[0])
		notes_add(notes,
			"ports %u and %u: MTU %u and %u: packets longer than the smaller one are "
			"dropped (too-long)",
			first, first + 1, pair[0].mtu, pair[1].mtu);
}
