/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/dtls.h"

#include "classifiers/cursor.h"

#include <stddef.h>

/* RFC 6347 sections 4.1 and 4.2.2, RFC 9147 sections 4 and 5.2. */
enum {
	CONTENT_CHANGE_CIPHER_SPEC = 20,
	CONTENT_HANDSHAKE = 22,
	CONTENT_ACK = 26,
	VERSION_10 = 0xfeff,
	VERSION_12 = 0xfefd, /* 1.3 says so too */
	RECORD_CIPHERTEXT_BYTES = 16384 + 2048,
	SEQUENCE_BYTES = 6,
	HANDSHAKE_CLIENT_HELLO = 1,
};

/* Fragments' offsets count from 0; reassembly takes sequence numbers, of which it is given these.
 */
enum { FIRST_SEQ = 0 };

struct record {
	uint32_t type, epoch;
	struct span body;
};

struct fragment {
	uint32_t type, message_bytes, message_seq, offset;
	struct span body;
};

bool dtls_begin(struct dtls *dtls, uint32_t hellos)
{
	dtls->hellos_refused = 0;
	return pool_begin(&dtls->hellos, sizeof(struct dtls_hello), hellos);
}

void dtls_end(struct dtls *dtls)
{
	pool_end(&dtls->hellos);
}

void dtls_forget(struct dtls *dtls, uint32_t *hello)
{
	pool_give(&dtls->hellos, *hello);
	*hello = 0;
}

static struct dtls_hello *hello_at(const struct dtls *dtls, uint32_t number)
{
	return number ? pool_at(&dtls->hellos, number) : NULL;
}

/* A record is never split over datagrams, so one that is not all there is none. */
static bool take_record(struct span *datagram, struct record *record)
{
	struct span rest = *datagram, number;
	uint32_t version;

	if (!cursor_number(&rest, 1, &record->type) || !cursor_number(&rest, 2, &version) ||
		!cursor_number(&rest, 2, &record->epoch) ||
		!cursor_take(&rest, SEQUENCE_BYTES, &number) ||
		!cursor_vector(&rest, 2, &record->body))
		return false;
	if (record->type < CONTENT_CHANGE_CIPHER_SPEC || record->type > CONTENT_ACK ||
		(version != VERSION_10 && version != VERSION_12) || !record->body.len ||
		record->body.len > RECORD_CIPHERTEXT_BYTES)
		return false;
	*datagram = rest;
	return true;
}

static bool take_fragment(struct span *record, struct fragment *fragment)
{
	return cursor_number(record, 1, &fragment->type) &&
	       cursor_number(record, 3, &fragment->message_bytes) &&
	       cursor_number(record, 2, &fragment->message_seq) &&
	       cursor_number(record, 3, &fragment->offset) &&
	       cursor_vector(record, 3, &fragment->body);
}

static bool is_of_hello(const struct fragment *fragment)
{
	return fragment->type == HANDSHAKE_CLIENT_HELLO && fragment->body.len &&
	       fragment->message_bytes <= TLS_HELLO_BYTES &&
	       fragment->offset + fragment->body.len <= fragment->message_bytes;
}

static bool is_whole(const struct fragment *fragment)
{
	return fragment->body.len == fragment->message_bytes;
}

static bool read_body(struct span body, struct dtls_result *result)
{
	if (!tls_body_read(body, true, &result->hello))
		return false;
	result->finding = FINDING_IS;
	return true;
}

static void start(struct dtls_hello *hello, const struct fragment *fragment)
{
	hello->bytes = fragment->message_bytes;
	hello->message_seq = (uint16_t)fragment->message_seq;
	reassembly_begin(&hello->body, FIRST_SEQ);
}

/* The buffer that the fragment belongs into; NULL when it belongs to none, or there is no room. */
static struct dtls_hello *buffer_for(
	struct dtls *dtls, uint32_t *number, const struct fragment *fragment)
{
	struct dtls_hello *hello = hello_at(dtls, *number);

	if (!hello) {
		*number = pool_take_partly(&dtls->hellos, offsetof(struct dtls_hello, body.bytes));
		hello = hello_at(dtls, *number);
		if (hello)
			start(hello, fragment);
		else
			dtls->hellos_refused++;
		return hello;
	}
	if ((int16_t)(fragment->message_seq - hello->message_seq) > 0)
		start(hello, fragment);
	return hello->message_seq == fragment->message_seq &&
			       hello->bytes == fragment->message_bytes
		       ? hello
		       : NULL;
}

/* True when the hello was read, or cannot be. */
static bool join(struct dtls *dtls, uint32_t *number, const struct fragment *fragment,
	struct dtls_result *result)
{
	struct dtls_hello *hello = buffer_for(dtls, number, fragment);
	struct span bytes;

	if (!hello)
		return false;
	bytes = reassembly_add(
		&hello->body, REASSEMBLY_FULL, FIRST_SEQ + fragment->offset, fragment->body);
	if (bytes.len < hello->bytes && !hello->body.over)
		return false;
	if (bytes.len >= hello->bytes)
		read_body((struct span){bytes.data, hello->bytes}, result);
	dtls_forget(dtls, number); /* its bytes stay until the next call */
	return true;
}

static void read_record(struct dtls *dtls, uint32_t *number, enum quic_way way, struct span record,
	struct dtls_result *result)
{
	struct fragment fragment;

	while (result->finding != FINDING_IS && take_fragment(&record, &fragment)) {
		if (!is_of_hello(&fragment))
			continue;
		if (is_whole(&fragment) && read_body(fragment.body, result))
			dtls_forget(dtls, number);
		else if (!is_whole(&fragment) && way > QUIC_WAY_ONE_FRAME)
			join(dtls, number, &fragment, result);
	}
}

static bool has_gap(const struct reassembly *body)
{
	return body->runs_used > 1 || (body->runs_used == 1 && body->runs[0].begin > 0);
}

/* The datagram is over: what the box does not keep for the next one. */
static void let_go(struct dtls *dtls, uint32_t *number, enum quic_way way)
{
	const struct dtls_hello *hello = hello_at(dtls, *number);

	if (hello &&
		(way == QUIC_WAY_ONE_PACKET || (way == QUIC_WAY_IN_ORDER && has_gap(&hello->body))))
		dtls_forget(dtls, number);
}

void dtls_read(struct dtls *dtls, uint32_t *hello, enum quic_way way, struct span datagram,
	struct dtls_result *result)
{
	struct record record;

	result->finding = FINDING_IS_NOT;
	while (result->finding != FINDING_IS && take_record(&datagram, &record)) {
		result->finding = FINDING_NOT_YET;
		if (record.type == CONTENT_HANDSHAKE && !record.epoch)
			read_record(dtls, hello, way, record.body, result);
	}
	let_go(dtls, hello, way);
}
