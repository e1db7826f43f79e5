/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ClientHello of DTLS 1.0, 1.2 and 1.3 as a box on the path reads it: in the fragments that lie
 * in records in clear (RFC 6347 section 4.2.3, RFC 9147 section 5.5), of one datagram or of
 * several.
 *
 * A server may ask for the hello again, with a cookie (HelloVerifyRequest). The second one is a
 * message of its own, and what is missing of the first is then not waited for.
 */
#ifndef SLUICE_DTLS_H
#define SLUICE_DTLS_H

#include "pool.h"
#include "quic.h"
#include "reassembly.h"
#include "tls_hello.h"

/* A hello that is being put together. */
struct dtls_hello {
	uint32_t bytes; /* of its body */
	uint16_t message_seq;
	struct reassembly body;
};

/* What the flows of one shard share. */
struct dtls {
	struct pool hellos;      /* struct dtls_hello */
	uint64_t hellos_refused; /* read fragment by fragment for want of room */
};

struct dtls_result {
	/* IS: a hello was read. NOT_YET: records of DTLS, but no whole hello so far. IS_NOT: this
	 * datagram does not begin with such a record. */
	enum finding finding;
	struct tls_client_hello hello; /* with IS; valid until the next call */
};

/* `hellos`: under way at once, 17 kB each while they are. False when memory cannot be had. */
bool dtls_begin(struct dtls *dtls, uint32_t hellos);
void dtls_end(struct dtls *dtls);

/*
 * One datagram of a flow, from either side. `way` is what the box can put together of QUIC, and
 * does of DTLS: fragments stand for frames, and what is CLOSED reads a hello in one piece, as it is
 * not encrypted. *hello is the flow's: 0 at first, and given back with dtls_forget().
 *
 * Lengths must not contradict each other: a hello is passed over when a fragment goes beyond it,
 * when it is longer than TLS_HELLO_BYTES, or when tls_body_read() finds it wrong; so is a fragment
 * that says another length than those before it.
 */
void dtls_read(struct dtls *dtls, uint32_t *hello, enum quic_way way, struct span datagram,
	struct dtls_result *result);
void dtls_forget(struct dtls *dtls, uint32_t *hello);

#endif
