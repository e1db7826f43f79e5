/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Long headers of QUIC (RFC 8999, RFC 9000 section 17.2, RFC 9369): versions, packet types, and
 * where each packet of a datagram ends. Nothing is decrypted here.
 */
#ifndef SLUICE_QUIC_HEADER_H
#define SLUICE_QUIC_HEADER_H

#include "span.h"

#include <stdbool.h>

enum { QUIC_CID_BYTES = 20 }; /* longest connection id of the versions in the table */

/* What Initial secrets are extracted with (RFC 9001 section 5.2). */
enum quic_salt {
	QUIC_SALT_NONE, /* not known, or nothing is encrypted */
	QUIC_SALT_V1,
	QUIC_SALT_V2,
	QUIC_SALT_DRAFT_22,
	QUIC_SALT_DRAFT_23,
	QUIC_SALT_DRAFT_29,
	QUIC_SALT_Q050,
	QUIC_SALT_T050,
	QUIC_SALT_T051,
	QUIC_SALTS,
};

enum quic_shape {
	QUIC_SHAPE_IETF,   /* long header, frames of RFC 9000 */
	QUIC_SHAPE_LATE,   /* Google's last ones: that long header, frames of their own */
	QUIC_SHAPE_Q046,   /* a long header of its own, nothing encrypted at first */
	QUIC_SHAPE_PUBLIC, /* Google's public header, nothing encrypted at first */
};

/* A row stands for the versions from `first` to `last`. */
struct quic_version {
	uint32_t first, last;
	uint8_t salt;         /* enum quic_salt */
	uint8_t shape;        /* enum quic_shape */
	uint8_t initial_type; /* the two type bits of an Initial; the others follow in turn */
	bool chlo;            /* begins with Google's CHLO, not with a ClientHello of TLS */
};

/* NULL: not known. */
const struct quic_version *quic_version_of(uint32_t number);

enum quic_type {
	QUIC_INITIAL,
	QUIC_ZERO_RTT,
	QUIC_HANDSHAKE,
	QUIC_RETRY,
	QUIC_VERSION_NEGOTIATION,
};

struct quic_packet {
	const struct quic_version *version; /* NULL with QUIC_VERSION_NEGOTIATION only */
	enum quic_type type;
	struct span dcid, scid;
	struct span whole;  /* header, packet number and payload; not what is coalesced after it */
	uint32_t number_at; /* INITIAL, ZERO_RTT, HANDSHAKE: offset of the packet number in whole */
};

/*
 * Cuts the next long header packet off the datagram. False when what is there is not one of a
 * version in the table with QUIC_SHAPE_IETF or QUIC_SHAPE_LATE: a short header, another protocol,
 * padding after the last packet, or lengths that do not fit. Packets of version 0 that offer at
 * least one version are QUIC_VERSION_NEGOTIATION; these and Retry take the rest of the datagram.
 */
bool quic_packet_take(struct span *datagram, struct quic_packet *packet);

/* The version in a long header or in Google's public header, whatever it is; 0 when there is none
 * (and for version negotiation). This is what filters look at that do not decrypt. */
uint32_t quic_version_in(struct span datagram);

/* Cuts a variable-length integer (RFC 9000 section 16). False when it is not all there. */
bool quic_take_number(struct span *from, uint64_t *number);

#endif
