/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What QUIC was at Google before it used TLS: a handshake of tagged values that begins with a CHLO
 * message, up to Q046 in clear (Chromium's "QUIC Crypto" and "QUIC wire layout" documents).
 */
#ifndef SLUICE_QUIC_GOOGLE_H
#define SLUICE_QUIC_GOOGLE_H

#include "quic_header.h"

/*
 * The CHLO in the first packet of a version with QUIC_SHAPE_Q046 or QUIC_SHAPE_PUBLIC. IS: *sni is
 * its server name, empty when it has none. NOT_YET: such a packet, but without a whole CHLO.
 */
enum finding quic_google_read(struct span datagram, struct span *sni);

/* A CHLO message by itself. NOT_YET: a CHLO so far, bytes missing. */
enum finding quic_chlo_read(struct span message, struct span *sni);

#endif
