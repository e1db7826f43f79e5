/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP resets that a box makes: beside a packet that it lets pass or drops (`rst`), or in the place
 * of one (`rewrite`). Addresses, ports and numbers are those of the packet that is answered, so a
 * reset goes to the ends of a flow that the box sees and nowhere else; it carries no payload.
 *
 * Numbers (RFC 9293, 3.10.7.1): what goes back to the sender begins where it has acknowledged up to
 * (0 when its packet has no ACK, as an answer to a SYN is to), and acknowledges all that it sent;
 * what goes on to the receiver follows that packet, or begins where it does when that was dropped.
 */
#ifndef SLUICE_RESET_H
#define SLUICE_RESET_H

#include "classifiers/packet.h"
#include "dataplane/verdict.h"

#include <stdbool.h>
#include <stdint.h>

enum reset_way {
	RESET_BESIDE,   /* new packets; the answered one has a fate of its own */
	RESET_IN_PLACE, /* the answered one goes on without payload and options of IP kept, its
			   flags RST and ACK */
};

enum reset_to { RESET_TO_BOTH, RESET_TO_CLIENT, RESET_TO_SERVER };

enum reset_sequence {
	RESET_EXACT,  /* all alike */
	RESET_SPREAD, /* the second 1460 on, the third 4380, as if more had been sent meanwhile */
};

/* What a step asks for. Constant. */
struct reset {
	uint64_t count;               /* to each end, 1 to RESETS_MAX */
	uint64_t ttl, ttl_step;       /* of the first, and more for each after it; 0: that of the
					 packet that is answered */
	uint64_t window, window_step; /* likewise, as the header has it */
	uint64_t delay_ns;            /* after the packet that is answered */
	uint64_t answers;             /* packets from the one that decided on; 0: all */
	uint8_t way;                  /* enum reset_way */
	uint8_t to;                   /* enum reset_to */
	uint8_t sequence;             /* enum reset_sequence */
	uint8_t bare;                 /* RST without ACK */
	uint8_t directions;           /* DIRECTIONS_ bits: of the packets that are answered */
};

enum { RESETS_MAX = 16, RESET_BYTES_MAX = 256 };

/* How many the answer to one packet has. */
unsigned reset_count(const struct reset *reset);

/*
 * The n-th (from 0) of what verdict->reset asks for in answer to a TCP packet of a flow with the
 * framing `link`. Writes at most RESET_BYTES_MAX bytes, an Ethernet frame of 60 at least, and says
 * how many; 0: headers of the answered packet are longer than that. *back: it goes to where that
 * came from. Checksums are right.
 */
uint32_t reset_make(const struct verdict *verdict, const struct packet *packet,
	enum link_layer link, unsigned n, uint8_t frame[RESET_BYTES_MAX], bool *back);

#endif
