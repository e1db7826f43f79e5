/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel knows of one of its network interfaces. No call waits. */
#ifndef SLUICE_INTERFACE_H
#define SLUICE_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

struct interface {
	unsigned index;
	bool up;      /* set up by the administrator */
	bool running; /* and has a link */
	uint32_t mtu;
	uint32_t speed_mbps; /* 0 unknown */
	uint16_t queues;     /* that receive and send: what AF_XDP can have */
	uint16_t rx_queues;  /* all that receive */
};

/* False when there is none of this name in this network namespace. */
bool interface_read(const char *name, struct interface *interface);

/* True when it is up and has a link. */
bool interface_has_link(const char *name);

/* Makes it promiscuous until the returned descriptor is closed, be it by the death of the process;
 * -1 when the system refuses. */
int interface_listen(const char *name);

#endif
