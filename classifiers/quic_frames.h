/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frames of a QUIC Initial packet whose protection is off (RFC 9000 sections 12.4 and 19).
 */
#ifndef SLUICE_QUIC_FRAMES_H
#define SLUICE_QUIC_FRAMES_H

#include "quic_header.h"

struct quic_crypto {
	uint64_t offset; /* in the handshake's bytes */
	struct span data;
};

/*
 * Cuts the next CRYPTO frame, passing over PADDING, PING, ACK and CONNECTION_CLOSE (of Google's
 * frames: PADDING, PING and ACKs of one block). False when none is left, or at a frame that has no
 * place in an Initial or does not fit into the packet: what was cut before it stands.
 */
bool quic_crypto_take(
	struct span *frames, const struct quic_version *version, struct quic_crypto *crypto);

#endif
