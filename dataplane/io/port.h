/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports in one table: how each kind is written, how it becomes a DPDK device, what it can do.
 *
 *   pci:0000:03:00.0   any NIC that DPDK drives
 *   xdp:IFACE          AF_XDP on a kernel interface, steered by dataplane/xdp
 *   packet:IFACE       AF_PACKET on a kernel interface
 *   tap:NAME           a new tap interface
 *   pcap:IN[,OUT]      a capture file as input (and one as output), not paced
 *   vdev:STRING        any virtual device, as DPDK writes it
 */
#ifndef SLUICE_PORT_H
#define SLUICE_PORT_H

#include "dataplane/io/eal.h"

#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;
struct steer;

enum { PORT_TEXT_SIZE = 1024, PORT_INTERFACE_SIZE = 16 };

struct port_kind {
	const char *word;  /* before the colon */
	const char *value; /* how what follows is called, "IFACE" */
	const char *help;  /* one line, for --help and the README */
	bool real;         /* reaches a wire: captured public addresses must not leave by it */
	bool scoped;       /* dataplane/xdp keeps out of scope packets away from user space */
	bool interface;    /* what follows names an interface of the kernel */
	bool creates;      /* and makes it */
	bool ends;         /* its input has an end */
};

extern const struct port_kind port_kinds[]; /* ends with a row whose word is NULL */

/* The row and the text after the colon, or NULL with *trouble set (says which kinds there are). No
 * device is looked for. */
const struct port_kind *port_parse(const char *text, const char **rest, struct trouble *trouble);

struct port_options {
	const char *text;     /* as the user wrote it */
	unsigned number;      /* distinguishes the devices of one process */
	unsigned queues;      /* one a worker is wanted; port.rx_queues says what it became */
	unsigned descriptors; /* 0: the driver's default */
	unsigned mtu;         /* 0: as it is */
	bool promiscuous;
	const char *program; /* XDP program for the driver to load instead of its own; NULL none */
	struct rte_mempool *pool;
};

struct port {
	const struct port_kind *kind;
	char text[PORT_TEXT_SIZE];
	char interface[PORT_INTERFACE_SIZE]; /* of the kernel, "" when there is none */
	int promiscuity; /* a socket that keeps the interface promiscuous while it is open, or -1 */
	bool open;
	uint16_t id; /* DPDK's number */
	uint16_t rx_queues, tx_queues;
	uint16_t mtu;
	struct steer *steer;        /* of an xdp: port, see kernel_side.h */
	uint32_t frame_max;         /* longest frame its socket takes, bytes; 0 any */
	uint32_t shortest, longest; /* frames it can send, in bytes without FCS */
	int socket;                 /* NUMA node, -1 unknown */
	bool link_up;               /* as last seen; control: wo, workers: ro */
	uint32_t speed_mbps;        /* 0 unknown */
};

/* Bytes of a frame's place in the rings of a packet: port, for which a buffer must have room. */
unsigned port_packet_frame(unsigned mtu);

/* Creates the device, configures and starts it. False with *trouble set: missing, down, busy,
 * without enough queues, MTU refused. What is wanted but not there (offloads, RSS) is no failure.
 */
bool port_open(struct port *port, const struct port_options *options, struct trouble *trouble);
void port_close(struct port *port);

/* Reads the link state; true when it changed. Never waits. */
bool port_poll_link(struct port *port);

/* Both directions of every flow between the two come to one queue number, which is proven without
 * sending anything (see rss.h). */
bool port_meets(const struct port *one, const struct port *other);

/* Counters of the driver itself. */
struct port_driver_counters {
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes;
	uint64_t rx_missed, rx_errors, rx_no_buffer, tx_errors;
};
void port_driver_counters(const struct port *port, struct port_driver_counters *counters);

#endif
