/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3 for server_name), as a
 * middlebox reads it.
 */
#ifndef SLUICE_TLS_H
#define SLUICE_TLS_H

#include "span.h"

#include <stdbool.h>
#include <stdint.h>

/* How many records of the given bytes a throttler looks at: a property of the model. */
enum tls_records {
	TLS_RECORDS_FIRST, /* the hello must lie whole in the first record */
	TLS_RECORDS_ALL,   /* other records before it are skipped, a hello split over records joined */
};

enum { TLS_HELLO_BYTES = 16384 }; /* the longest hello that is read */

struct tls_client_hello {
	struct span sni; /* host_name; empty when there is none */
	uint16_t legacy_version; /* as in the hello, e.g. 0x0303 */
	bool ech;        /* has an encrypted_client_hello extension (0xfe0d) */
};

/*
 * `stream` is the payload of a segment or the beginning of a reassembled direction. `scratch` has
 * TLS_HELLO_BYTES bytes; it is used only when a hello is split over records (then hello->sni
 * points into it). FINDING_IS: whole hello read, *hello filled. FINDING_NOT_YET: a hello so far,
 * bytes missing. FINDING_IS_NOT: something else, or lengths that contradict each other (a record
 * shorter than its handshake message with TLS_RECORDS_FIRST, lists that overrun).
 */
enum finding tls_client_hello_parse(struct span stream, enum tls_records records, uint8_t *scratch,
	struct tls_client_hello *hello);

/* Begins with a plausible TLS record header: content type 20 to 23, version 3.0 to 3.4, a length
 * of 1 to 16384 + 2048. Whether the record is complete is not asked. Needs 5 bytes. */
bool tls_is_record(struct span stream);

#endif
