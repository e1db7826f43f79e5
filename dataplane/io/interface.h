/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel knows of one of its network interfaces. No call waits. */
#ifndef SLUICE_INTERFACE_H
#define SLUICE_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the driver or the stack does to packets on their way, in the words of ethtool. */
#define INTERFACE_OFFLOADS(X)                          \
	X(RX_CHECKSUM, "rx-checksum", ETHTOOL_GRXCSUM) \
	X(TX_CHECKSUM, "tx-checksum", ETHTOOL_GTXCSUM) \
	X(TSO, "tso", ETHTOOL_GTSO)                    \
	X(GSO, "gso", ETHTOOL_GGSO)                    \
	X(GRO, "gro", ETHTOOL_GGRO)                    \
	X(LRO, "lro", ETHTOOL_GFLAGS)

enum interface_offload {
#define X(name, word, command) INTERFACE_##name,
	INTERFACE_OFFLOADS(X)
#undef X
		INTERFACE_OFFLOAD_COUNT,
};

struct interface {
	unsigned index;
	bool up;      /* set up by the administrator */
	bool running; /* and has a link */
	uint32_t mtu;
	uint32_t speed_mbps; /* 0 unknown */
	uint16_t queues;     /* that receive and send: what AF_XDP can have */
	uint16_t rx_queues;  /* all that receive */
	uint8_t offloads;    /* that are on, 1 << enum interface_offload */
};

/* False when there is none of this name in this network namespace. */
bool interface_read(const char *name, struct interface *interface);

/* "rx-checksum gro" of a mask of them, "none" of 0; cut to size. */
void interface_offload_words(uint8_t offloads, char *words, size_t size);

/* True when it is up and has a link. */
bool interface_has_link(const char *name);

/* Makes it promiscuous until the returned descriptor is closed, be it by the death of the process;
 * -1 when the system refuses. */
int interface_listen(const char *name);

#endif
