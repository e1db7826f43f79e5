/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TLS ClientHello in its records (RFC 8446 section 5.1), as a middlebox reads it.
 */
#ifndef SLUICE_TLS_H
#define SLUICE_TLS_H

#include "tls_hello.h"

/* How many records of the given bytes a throttler looks at: a property of the model. */
enum tls_records {
	TLS_RECORDS_FIRST, /* the hello must lie whole in the first record */
	TLS_RECORDS_ALL,   /* change_cipher_spec, alert and application data records before it are
			      skipped, a hello split over consecutive handshake records is joined */
};

/*
 * `stream` is the payload of a segment or the beginning of a reassembled direction. `scratch` has
 * TLS_HELLO_BYTES bytes; it is used only when a hello is split over records (then hello->sni
 * points into it) and may be NULL with TLS_RECORDS_FIRST. FINDING_IS: whole hello read and the
 * records it lies in are complete; *hello is filled, which it is with no other answer.
 * FINDING_NOT_YET: a hello so far, bytes missing (an empty stream too). FINDING_IS_NOT: something
 * else, or lengths that contradict each other; more bytes never change this answer.
 *
 * The outer structure is read strictly, because throttlers were seen to need consistent lengths
 * (Xue et al., IMC 2021): FINDING_IS_NOT when
 * - the first handshake message is not a ClientHello (none may come before it, RFC 8446 section 4);
 *   this leaves out hellos in the SSL 2.0 format;
 * - the record is shorter than the message (TLS_RECORDS_FIRST), or a record of another type lies
 *   between the parts of one (TLS_RECORDS_ALL), or a handshake record is over 16384 bytes;
 * - the version is not 3.x, the session id is over 32 bytes, the cipher suites are none or an odd
 *   number of bytes, there is no compression method, or a vector overruns what holds it;
 * - the extensions, when there are any, do not end exactly where the message ends.
 */
enum finding tls_client_hello_parse(struct span stream, enum tls_records records, uint8_t *scratch,
	struct tls_client_hello *hello);

/* Begins with a plausible TLS record header: content type 20 to 23, version 3.0 to 3.4, a length
 * of 1 to 16384 + 2048. Whether the record is complete is not asked. Needs 5 bytes. */
bool tls_is_record(struct span stream);

#endif
