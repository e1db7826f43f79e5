/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/needs.h"

#include "dataplane/io/buffers.h"
#include "dataplane/io/exchange.h"
#include "dataplane/io/interface.h"
#include "dataplane/io/privilege.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	XDP_RINGS = 4096,      /* buffers that AF_XDP keeps for a queue beside its descriptors */
	BUFFERS_BESIDE = 2048, /* in bursts and in the workers' caches, a worker */
	EAL_MB = 64,
	FRAME_BESIDE_MTU = 14 + 8 + 4, /* link header, two VLAN tags, FCS */
	/* A buffer of AF_XDP lies within a page, with its headers and room for the program. */
	XDP_MTU_MAX = 3400,
};

static bool look_at_interface(const char *text, const struct port_kind *kind, const char *name,
	struct interface *interface, struct trouble *trouble)
{
	if (!interface_read(name, interface))
		return trouble_set(
			trouble, false, "port %s: there is no interface %s here", text, name);
	if (!interface->up)
		return trouble_set(
			trouble, true, "port %s: it is down: ip link set %s up", text, name);
	if (!kind->scoped)
		return true;
	if (interface->mtu > XDP_MTU_MAX)
		return trouble_set(trouble, true,
			"port %s: MTU %u is more than AF_XDP can take: ip link set %s mtu %d, or "
			"use packet:%s",
			text, interface->mtu, name, XDP_MTU_MAX, name);
	if (interface->rx_queues > interface->queues)
		return trouble_set(trouble, true,
			"port %s: it receives by %u queues and AF_XDP can have %u: ethtool -L %s "
			"rx %u",
			text, interface->rx_queues, interface->queues, name, interface->queues);
	return true;
}

static bool look_at_capture(const char *text, const char *rest, struct trouble *trouble)
{
	char path[PORT_TEXT_SIZE];

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(rest, ","), rest);
	if (!path[0] || access(path, R_OK) == 0)
		return true;
	return trouble_set(trouble, false, "port %s: %s: %s", text, path, strerror(errno));
}

static bool look_at(
	const struct box_options *options, unsigned i, struct needs *needs, struct trouble *trouble)
{
	const char *text = options->ports[i], *rest;
	const struct port_kind *kind = port_parse(text, &rest, trouble);
	struct interface interface = {.mtu = options->mtu, .queues = options->eal.core_count};
	unsigned room, queues;

	if (!kind || !privilege_check(kind, text, trouble))
		return false;
	if (kind->interface && !kind->creates &&
		!look_at_interface(text, kind, rest, &interface, trouble))
		return false;
	if (kind->ends && !look_at_capture(text, rest, trouble))
		return false;
	if (strcmp(kind->word, "pci") == 0)
		needs->cards[needs->card_count++] = rest;
	queues = kind->scoped ? interface.queues : options->eal.core_count;
	needs->buffers += queues * (2 * NEEDS_DESCRIPTORS + (kind->scoped ? XDP_RINGS : 0));
	room = interface.mtu + FRAME_BESIDE_MTU + (kind->scoped ? XDP_PACKET_HEADROOM : 0);
	if (kind->interface && !kind->scoped && !kind->creates)
		room = port_packet_frame(interface.mtu);
	if (room > needs->room)
		needs->room = room;
	return true;
}

bool needs_find(const struct box_options *options, struct needs *needs, struct trouble *trouble)
{
	unsigned workers = options->eal.core_count;

	*needs = (struct needs){0};
	for (unsigned i = 0; i < options->port_count; i++) {
		if (!look_at(options, i, needs, trouble))
			return false;
	}
	needs->buffers += options->hold + workers * BUFFERS_BESIDE +
			  workers * (workers - 1) * exchange_ring_size(workers);
	if (options->buffers)
		needs->buffers = options->buffers;
	needs->memory_mb = buffers_megabytes(needs->buffers, needs->room) + EAL_MB;
	return true;
}
