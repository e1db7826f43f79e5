/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads names out of a flow the way a certain box does: with or without putting segments and TLS
 * records, or the CRYPTO frames of QUIC, together.
 *
 * A box that reassembles begins with a segment that starts a message (a TLS record, an HTTP
 * request) and follows that message to its end; with REASSEMBLY_FULL a segment that overtook the
 * first one is kept as well.
 */
#ifndef SLUICE_INSPECTION_H
#define SLUICE_INSPECTION_H

#include "dtls.h"
#include "packet.h"
#include "pool.h"
#include "quic.h"
#include "reassembly.h"
#include "tls.h"

/* Where a name was read. As bits (1 << source) for conditions. */
enum name_source { NAME_TLS, NAME_QUIC, NAME_HTTP, NAME_DTLS, NAME_SOURCES };

struct inspection_way {
	uint8_t reassembly;  /* enum reassembly_way */
	uint8_t tls_records; /* enum tls_records */
};

/* What the inspections of one shard share. */
struct inspector {
	struct pool streams;      /* struct reassembly */
	uint64_t streams_refused; /* connections read segment by segment for want of a buffer */
	struct quic quic;
	struct dtls dtls;
	struct tls_client_hello hello; /* the last one read */
	uint8_t scratch[TLS_HELLO_BYTES];
};

/* One flow as one way sees it; zeroed at first. */
struct inspection {
	uint32_t stream[2];   /* by direction: number in inspector.streams, 0 none */
	uint32_t next_seq[2]; /* of the first payload byte, once seq_known */
	bool seq_known[2];
	uint32_t quic_hello; /* number in inspector.quic, 0 none */
	uint32_t dtls_hello; /* number in inspector.dtls, 0 none */
};

struct inspection_result {
	enum finding tls;  /* a ClientHello ended in this packet, is under way, or is not there */
	enum finding http; /* the same for a request with its Host */
	enum finding quic; /* the same for the first message of a QUIC client; NOT_YET for all that
			      is QUIC without it (quic.h) */
	enum finding dtls; /* the same for a ClientHello of DTLS (dtls.h) */
	bool recognised;   /* this packet begins a TLS record, an HTTP request or a SOCKS greeting,
			      goes on with a message under way, or is QUIC or DTLS */
	uint8_t source;    /* enum name_source of the name */
	struct span name;  /* of the hello or request that ended here; valid until the next call */
	const struct tls_client_hello *hello; /* the ClientHello that ended here, likewise; NULL:
						 none */
};

/* `streams`: connections under reassembly at once, and as many of QUIC and of DTLS. False when
 * memory cannot be had. */
bool inspector_begin(struct inspector *inspector, uint32_t streams);
void inspector_end(struct inspector *inspector);

/* One TCP packet, with payload or without; `direction` is 0 or 1. */
void inspection_read(struct inspector *inspector, struct inspection *inspection,
	const struct inspection_way *way, const struct packet *packet, int direction,
	struct inspection_result *result);

/* One UDP packet, from either side: QUIC, and DTLS as the same box puts that together. */
void inspection_read_udp(struct inspector *inspector, struct inspection *inspection,
	enum quic_way way, const struct packet *packet, struct inspection_result *result);

/* Gives the buffers back. */
void inspection_end(struct inspector *inspector, struct inspection *inspection);

#endif
