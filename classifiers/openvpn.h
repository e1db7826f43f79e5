/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OpenVPN, by two marks of its handshake.
 *
 * The server's reset names the client's session id among its acknowledgements, unless tls-crypt
 * hides it: certain at the second message. The sequence of opcodes (Xue et al., "OpenVPN is Open to
 * VPN Fingerprinting", USENIX Security 2022, in nDPI's form of it) also survives scrambling that
 * maps the first byte one to one: each side begins with a reset of its own, and then a few other
 * opcodes follow. Certain at message OPENVPN_MESSAGES.
 */
#ifndef SLUICE_OPENVPN_H
#define SLUICE_OPENVPN_H

#include "span.h"

#include <stdbool.h>

enum {
	OPENVPN_MESSAGES = 10,
	OPENVPN_OTHERS_MIN = 2, /* different opcodes besides the resets */
	OPENVPN_OTHERS_MAX = 4,
	OPENVPN_MESSAGE_MIN = 14,          /* bytes */
	OPENVPN_STREAM_MESSAGE_MAX = 6000, /* bytes, over TCP */
	OPENVPN_SESSION_BYTES = 8,
};

/* What is kept of a flow; zeroed at first. */
struct openvpn {
	uint32_t next_seq[2]; /* over TCP, by direction: where the next message begins */
	uint8_t reset[2];     /* by direction: its first opcode, in place (0xf8) */
	uint8_t others[OPENVPN_OTHERS_MAX];
	uint8_t session[OPENVPN_SESSION_BYTES]; /* of the side that began */
	uint8_t other_count, messages;
	bool began[2], began_plain; /* plain: with a client's reset as it is written */
	bool over;                  /* it is not */
};

/* One datagram; `direction` is 0 or 1. FINDING_IS_NOT is final. */
enum finding openvpn_look(struct openvpn *openvpn, struct span payload, int direction);

/* One segment with the number of its first byte. Messages begin with their length; one whose first
 * three bytes are not in one segment, or a gap, ends it. */
enum finding openvpn_look_stream(
	struct openvpn *openvpn, uint32_t seq, struct span payload, int direction);

/* Both sides have begun and another opcode has followed: worth waiting for OPENVPN_MESSAGES. */
bool openvpn_is_likely(const struct openvpn *openvpn);

#endif
