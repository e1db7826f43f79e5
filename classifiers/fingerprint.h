/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fingerprints of who made a ClientHello: JA3 (Althouse, Atkinson, Atkins, 2017) and JA4 (FoxIO,
 * 2023). Both leave out values that are sent to be ignored (RFC 8701). Each costs some
 * microseconds, so nobody should ask twice.
 */
#ifndef SLUICE_FINGERPRINT_H
#define SLUICE_FINGERPRINT_H

#include "tls_hello.h"

enum { JA3_BYTES = 32, JA4_BYTES = 36 };

/* MD5, in hexadecimal, of "version,ciphers,extensions,groups,point formats" in decimal; the version
 * is hello->legacy_version. */
void fingerprint_ja3(const struct tls_client_hello *hello, char text[JA3_BYTES]);

/*
 * "t13d1516h2_8daaf6152771_e5627efa2ab1". `transport` is what it begins with: 't' TCP, 'q' QUIC,
 * 'd' DTLS. The version is hello->version; of DTLS the highest is the one with the lowest number.
 */
void fingerprint_ja4(const struct tls_client_hello *hello, char transport, char text[JA4_BYTES]);

#endif
