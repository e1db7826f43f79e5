/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions on a ClientHello, over TCP, in QUIC or in DTLS: values as texts (hello_texts.h).
 *
 *   tls.version: [1.2, dtls1.2, 0x7f1c]           the highest offered
 *   tls.key_share: [x25519mlkem768, 0x6399]       one of those offered is; none
 *   tls.ech: outer                                none, outer (or GREASE), inner, malformed
 *   tls.alpn: [h2, "/^http/"]                     one of the protocols offered is; none
 *   tls.ja3: ada70206e40642a3e4461f35503241d5
 *   tls.ja4: [t13d1516h2_8daaf6152771_e5627efa2ab1, "/^d.*_8daaf6152771_/"]
 */
#ifndef SLUICE_HELLOS_H
#define SLUICE_HELLOS_H

#include "leaves.h"

read_values hellos_read_versions, hellos_read_groups, hellos_read_ech, hellos_read_protocols,
	hellos_read_ja3, hellos_read_ja4;

#endif
