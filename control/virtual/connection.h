/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flow of the virtual lab with both its ends: TCP with handshake and two streams, or UDP, over
 * which there may be two streams as QUIC has them (packets that look encrypted, acknowledged in
 * ranges, lost and retransmitted as RFC 9002 says, which is near enough to RACK).
 *
 * The ends know of each other by packets only. What packets mean travels beside their bytes (struct
 * cargo), as a box can change neither without dropping them.
 */
#ifndef SLUICE_CONNECTION_H
#define SLUICE_CONNECTION_H

#include "control/virtual/crossing.h"
#include "control/virtual/flight.h"

enum { QUIC_DATA = 1200, QUIC_ACK_BYTES = 35 };

/* So much of a transfer was there then. */
struct reading {
	uint64_t time_ns, bytes;
};

struct connection_end {
	struct connection *connection;
	struct framing_end at;
	struct flight flight;
	struct receiver receiver;
	struct alarm acknowledge;
	uint64_t got;    /* payload bytes of datagrams beside the stream */
	uint64_t resets; /* RST that came and that nobody sent */
	uint32_t isn;
	uint16_t ip_id;
	uint8_t side;
	struct reading *readings; /* whenever more had come */
	size_t reading_count, reading_room;
	uint64_t before; /* bytes that had come before they began */
};

struct connection_setup {
	struct agenda *agenda;
	struct crossing *crossing;
	struct framing_end client, server;
	uint8_t ip_version;
	bool udp;
	uint32_t mss;
	const struct congestion_kind *kind;
	uint64_t seed;
	void (*happened)(void *who); /* something arrived: look again */
	void *who;
};

struct connection {
	struct connection_setup setup;
	struct account account;
	struct connection_end ends[2];
	struct alarm handshake;
	uint64_t handshake_ns, answer_ns; /* when SYN and SYN-ACK were sent last */
	unsigned attempts;
	uint32_t step;
	bool established;
	struct connection *next; /* the caller's */
};

/* Opens it: sends the SYN, or for UDP nothing. Never NULL. */
struct connection *connection_open(const struct connection_setup *setup);

/* Nothing is sent any more by either end. */
void connection_leave(struct connection *connection);
void connection_free(struct connection *connection);

/* After outbox_add() to the flight of that end. */
void connection_go(struct connection *connection, enum cargo_side side);

/* A packet beside the stream: with TCP one that has the sequence numbers of the moment. */
void connection_aside(struct connection *connection, enum cargo_side side, uint8_t flags,
	const uint8_t *payload, uint32_t len, bool fake);

/* A UDP datagram. */
void connection_datagram(struct connection *connection, enum cargo_side side,
	const uint8_t *payload, uint32_t len, bool fake);

/* One UDP datagram in `count` fragments (IPv4). */
void connection_fragments(struct connection *connection, enum cargo_side side, unsigned count);

/* Payload that has come to an end, each byte of a stream once. */
uint64_t connection_got(const struct connection_end *end);

/* The readings at that end begin anew, at 0. */
void connection_read_from_now(struct connection *connection, enum cargo_side side);

/* A cargo has come to its other end. */
void connection_arrive(const struct cargo *cargo);

#endif
