/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opens Initial packets that a QUIC client sent: their keys follow from the connection id that the
 * client chose, so that anybody on the path can (RFC 9001 section 5.2). The only one of the
 * parsers that uses libcrypto.
 */
#ifndef SLUICE_QUIC_KEYS_H
#define SLUICE_QUIC_KEYS_H

#include "quic_header.h"

struct quic_keys; /* one thread; remembers the keys used last */

/* What the first secret leads to: for the tests that hold these against published ones. */
struct quic_secrets {
	uint8_t key[16], iv[12], hp[16];
};

/* NULL when memory cannot be had. */
struct quic_keys *quic_keys_new(void);
void quic_keys_free(struct quic_keys *keys);

/* `version` has a salt; `dcid` is that of the client's first Initial, or of the first after a
 * Retry. */
void quic_keys_derive(const struct quic_keys *keys, const struct quic_version *version,
	struct span dcid, struct quic_secrets *secrets);

/*
 * Takes header and packet protection off one Initial, into `plain` (at least packet->whole.len
 * bytes); the frames are what is returned. Empty when it was not sealed with these keys: the
 * authentication tag is checked, so a packet that a capture cut short is not opened either. Packet
 * numbers are taken as sent, which holds for the first 2^(8 * their length) of a connection.
 */
struct span quic_keys_open(
	struct quic_keys *keys, struct span dcid, const struct quic_packet *packet, uint8_t *plain);

#endif
