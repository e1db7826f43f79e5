/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first message of a QUIC client, as a box on the path reads it: the ClientHello that lies in
 * the CRYPTO frames of its Initial packets (RFC 9001), or Google's CHLO.
 *
 * Read are versions 1 and 2, drafts 22 to 34, mvfst's that follow a draft, T050, T051, Q050 (opened
 * with keys that follow from the connection id) and Q024 to Q046 (in clear). Other numbers of mvfst
 * are recognised only, and so are Version Negotiation, Retry, 0-RTT and Handshake packets.
 */
#ifndef SLUICE_QUIC_H
#define SLUICE_QUIC_H

#include "pool.h"
#include "quic_header.h"
#include "reassembly.h"
#include "tls_hello.h"

/* How much of a hello a box can put together: a property of the model. Each can what those before
 * it can. */
enum quic_way {
	QUIC_WAY_CLOSED,     /* decrypts nothing; reads what is in clear */
	QUIC_WAY_ONE_FRAME,  /* the hello must lie whole in one CRYPTO frame */
	QUIC_WAY_ONE_PACKET, /* joins the frames of one packet, in any order */
	QUIC_WAY_IN_ORDER,   /* joins packets and datagrams; one that leaves a gap ends it */
	QUIC_WAY_FULL,       /* any order; where frames overlap, the bytes that came first stay */
	QUIC_WAYS,
};

enum { QUIC_DATAGRAM_BYTES = 65536 };

/* A hello that is being put together, and what its packets are opened with. */
struct quic_hello {
	const struct quic_version *version;
	uint8_t dcid_bytes, dcid[QUIC_CID_BYTES];
	struct reassembly crypto;
};

struct quic_keys;

/* What the flows of one shard share. */
struct quic {
	struct quic_keys *keys;
	struct pool hellos;      /* struct quic_hello */
	uint64_t hellos_refused; /* read packet by packet for want of room */
	uint8_t plain[QUIC_DATAGRAM_BYTES];
};

struct quic_result {
	/* IS: the message was read. NOT_YET: QUIC, but no whole message so far. IS_NOT: this
	 * datagram is no QUIC, or one with a short header, which looks like nothing. */
	enum finding finding;
	uint32_t version; /* that the message came with */
	struct span name; /* empty: none. Valid until the next call, like the hello's */
	bool has_hello;   /* it was a ClientHello: */
	struct tls_client_hello hello;
};

/* `hellos`: messages under way at once, 17 kB each while they are. False when memory cannot be
 * had. */
bool quic_begin(struct quic *quic, uint32_t hellos);
void quic_end(struct quic *quic);

/*
 * One datagram of a flow, from either side. *hello is the flow's: 0 at first, and given back with
 * quic_forget(). After a Retry the client begins again with other keys but the same message (RFC
 * 9000 section 17.2.5.2), so both sides of it are joined.
 */
void quic_read(struct quic *quic, uint32_t *hello, enum quic_way way, struct span datagram,
	struct quic_result *result);
void quic_forget(struct quic *quic, uint32_t *hello);

#endif
