/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP connections and UDP flows of a capture that live at a time, each with what its packets
 * told of both directions. A connection lasts until a new SYN, until it has been silent for
 * CONNECTION_IDLE_NS, or until there are too many: then the longest silent goes first.
 */
#ifndef SLUICE_MEASURE_CONNECTIONS_H
#define SLUICE_MEASURE_CONNECTIONS_H

#include "control/measure/track.h"

#include "dataplane/flow_key.h"
#include "dataplane/throttle/throttle.h"

#define CONNECTION_IDLE_NS (600ull * 1000 * 1000 * 1000)

/* Where a capture was taken, seen from one direction of the data. */
enum vantage { VANTAGE_UNKNOWN, VANTAGE_SENDER, VANTAGE_RECEIVER, VANTAGE_MIDDLE };
extern const char *const vantage_words[];

struct connection {
	struct connection *newer, *older; /* by the last packet */
	struct flow_key key;
	uint64_t id; /* number of its first packet in the input, from 1 */
	uint64_t first_ns, last_ns;
	uint8_t client[16], server[16]; /* IPv4 in the first four bytes */
	uint16_t client_port, server_port;
	uint8_t ip_version, proto;
	bool client_low;
	bool began; /* with a SYN: syn_seq is its sequence number */
	uint32_t syn_seq;
	uint64_t half_min_ns[2]; /* by direction: from the capture to its receiver and back, 0 not
				    known */
	uint64_t syn_ns[2];      /* a SYN of this direction waits for its answer; 0 none */
	uint64_t probe_ns[2];    /* so does a time stamp */
	uint32_t probe_value[2];
	struct track tracks[2]; /* by direction */
	void *owner;            /* the listener's; NULL at first */
};

/* A packet as it comes by, before what it means is told. */
struct connections_listener {
	void (*packet)(void *context, struct connection *connection, enum direction direction,
		const struct packet *packet);
	void (*heard)(void *context, struct connection *connection, enum direction direction,
		const struct track_event *event);
	void (*ended)(void *context, struct connection *connection);
	void *context;
};

struct connections;

/* `limit`: most connections at a time. NULL when memory is gone. */
struct connections *connections_new(uint32_t limit, const struct connections_listener *listener);
void connections_free(struct connections *connections); /* ended() is called for all */

/* One PACKET_FLOW in time order, with time_ns and index set. False when memory is gone. What is
 * neither TCP nor UDP is ignored. */
bool connections_take(struct connections *connections, const struct packet *packet);

/* How many had to go because there were too many. */
uint64_t connections_crowded_out(const struct connections *connections);

enum vantage connection_vantage(const struct connection *connection, enum direction direction);

#endif
