/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ClientHello message itself (RFC 8446 section 4.1.2): the same in the records of TLS, in the
 * CRYPTO frames of QUIC and, but for its header and a cookie, in DTLS.
 */
#ifndef SLUICE_TLS_HELLO_H
#define SLUICE_TLS_HELLO_H

#include "span.h"

#include <stdbool.h>

enum { TLS_HELLO_BYTES = 16384 }; /* the longest hello that is read, handshake header included */

/*
 * The encrypted_client_hello extension (0xfe0d, RFC 9849 section 5). A hello that GREASEs it
 * (section 6.2) is made to look like OUTER, and does: nothing on the wire tells the two apart.
 */
enum tls_ech {
	TLS_ECH_NONE,
	TLS_ECH_OUTER, /* or GREASE; sni is then the public name, or just the name */
	TLS_ECH_INNER, /* never seen on the wire of somebody who keeps to the RFC */
	TLS_ECH_WRONG, /* the extension is there, but neither form */
};

struct tls_client_hello {
	struct span sni;  /* host_name as sent, any bytes; empty when there is none to rely on */
	struct span alpn; /* first protocol offered (RFC 7301); empty: none */
	struct span protocols;   /* all of them, each after its length in a byte */
	struct span shares;      /* key shares: group, and after its length in two bytes a key */
	struct span body;        /* the message without its header: what fingerprint.h reads */
	uint16_t legacy_version; /* as in the hello, e.g. 0x0303 */
	uint16_t
		version; /* the highest in supported_versions but for GREASE; else the legacy one */
	uint16_t group;  /* of the first key share but for GREASE (RFC 8701), e.g. 0x11ec; 0 none */
	bool shares_hybrid; /* one of the key shares is post-quantum (draft-ietf-tls-ecdhe-mlkem, or
			       the Kyber draft before it), which makes a hello longer than a packet
			     */
	uint8_t ech;        /* enum tls_ech */
	bool datagram;      /* DTLS: the body has a cookie, versions count downwards */
};

/* Judges as much of a handshake header as is there; IS when its four bytes are a ClientHello's of
 * at most TLS_HELLO_BYTES. */
enum finding tls_message_look(struct span message);

/* Length of the message with its header; tls_message_look() found it to be one. */
uint32_t tls_message_bytes(struct span message);

/* `message` is at least as long as its header says; what follows it is left alone. Never NOT_YET.
 */
enum finding tls_message_read(struct span message, struct tls_client_hello *hello);

/* The same for a message of any length. NOT_YET: a hello so far, bytes missing. */
enum finding tls_message_parse(struct span message, struct tls_client_hello *hello);

/*
 * `body` is the message without its header and must be used up to the last byte; `datagram`: it is
 * one of DTLS, with a cookie (RFC 6347 section 4.2.1).
 *
 * An extension that is wrong inside leaves its fields as if it were not there, TLS_ECH_WRONG apart.
 * server_name is wrong when its list does not fill it exactly, an entry overruns the list, a name
 * is empty, there is more than one host_name or more than one such extension. Entries of other name
 * types are passed over.
 */
bool tls_body_read(struct span body, bool datagram, struct tls_client_hello *hello);

/* Values that are sent so that nobody relies on what they do not know (RFC 8701). */
static inline bool tls_is_grease(uint32_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

#endif
