/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet on its way in the virtual lab: its bytes, and what its sender meant by them. */
#ifndef SLUICE_CARGO_H
#define SLUICE_CARGO_H

#include "control/virtual/framing.h"
#include "control/virtual/receiver.h"

struct connection;

struct cargo {
	struct connection *connection;
	struct account *account;
	uint64_t offset; /* of the payload in the sender's stream */
	uint64_t ack;    /* all before is acknowledged */
	struct receiver_range sacks[FRAMING_SACKS];
	uint64_t sent_ns;
	uint32_t payload;
	uint32_t step; /* of the script */
	uint32_t len;
	uint8_t sack_count;
	uint8_t side;    /* that sent it: enum cargo_side */
	uint8_t flags;   /* enum tcp_flag */
	bool stream;     /* carries stream bytes or acknowledges some */
	bool fake;       /* ends behind the box */
	bool made;       /* the box made it */
	uint8_t bytes[]; /* from the IP header on */
};

enum cargo_side { SIDE_CLIENT, SIDE_SERVER };

#endif
