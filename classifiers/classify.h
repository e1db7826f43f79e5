/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a flow is, as well as we can tell: our own parsers first, nDPI for the rest. This is for
 * the record and for conditions on applications; what a modelled box could see of it is another
 * matter (inspection.h).
 *
 * The order is that of the table of classifiers in classify.c; the first certain answer ends the
 * work. What they leave goes to nDPI, with at most CLASSIFY_TCP_PACKETS or CLASSIFY_UDP_PACKETS
 * packets that carry payload; OPENVPN_MESSAGES over UDP where it may be that.
 */
#ifndef SLUICE_CLASSIFY_H
#define SLUICE_CLASSIFY_H

#include "dns.h"
#include "inspection.h"
#include "ndpi.h"
#include "openvpn.h"
#include "socks.h"
#include "wireguard.h"

enum { CLASSIFY_TCP_PACKETS = 10, CLASSIFY_UDP_PACKETS = 6, CLASSIFY_STUN_PACKETS = 20 };

/* A parser of our own adds a word here and a row to the table. */
enum classified_by {
	BY_NOTHING,
	BY_NDPI,
	BY_GUESS,
	BY_TLS,
	BY_HTTP,
	BY_QUIC,
	BY_DNS,
	BY_DTLS,
	BY_OPENVPN,
	BY_SOCKS,
	BY_SSH,
	BY_STUN,
	BY_WIREGUARD,
	CLASSIFIED_BY_COUNT,
};

extern const char *const classified_by_words[CLASSIFIED_BY_COUNT]; /* "", "ndpi", "guess", ... */

/* One flow under classification; zeroed at first. */
struct classification {
	uint32_t context; /* nDPI's, 0 none */
	uint16_t master, app;
	uint16_t owner;  /* application by address, of one that is likely */
	uint8_t by;      /* enum classified_by */
	uint8_t packets; /* looked at */
	uint8_t likely;  /* enum classified_by: sure of it, but waits for more of its message */
	bool owner_known;
	bool over;  /* the class is final */
	bool quiet; /* no name is looked for any more either: nothing more is looked at */
	struct socks socks;
	struct openvpn openvpn;
	struct wireguard wireguard;
};

/* How inspections for the record read. */
extern const struct inspection_way classify_way;
enum { CLASSIFY_QUIC_WAY = QUIC_WAY_FULL };

struct classified_name {
	struct span name;          /* empty: none in this packet */
	uint8_t source;            /* enum name_source, NAME_SOURCES for other protocols */
	char text[DNS_NAME_BYTES]; /* where names live that are not in the packet as they read */
};

/*
 * Looks at one packet of a flow that is not quiet yet. A connection whose class is known may still
 * begin TLS (STARTTLS, a proxy's preface): its name is looked for until CLASSIFY_TCP_PACKETS. So
 * may DTLS after STUN, until CLASSIFY_STUN_PACKETS.
 * `read` is what inspection_read() found with classify_way, or inspection_read_udp() with
 * CLASSIFY_QUIC_WAY; NULL for other protocols, and when nDPI alone is asked. A name found is put
 * into *name.
 */
void classify_packet(struct dpi *dpi, struct classification *flow, const struct packet *packet,
	bool from_client, const struct inspection_result *read, bool guess_ports,
	struct classified_name *name);

/* The flow ends or must be decided: takes what is known so far. */
void classify_end(struct dpi *dpi, struct classification *flow, bool guess_ports,
	struct classified_name *name);

#endif
