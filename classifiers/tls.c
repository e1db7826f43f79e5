/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading goes in three steps, each bounded by the one before: records are cut from the stream,
 * the ClientHello message is cut from records, its fields are cut from the message (tls_hello.c). A
 * span that bytes are taken from the front of is the only cursor, so no step can read beyond its
 * own.
 */
#include "classifiers/tls.h"

#include "classifiers/cursor.h"

#include <string.h>

/* RFC 8446 section 5.1. */
enum {
	RECORD_HEADER_BYTES = 5,
	RECORD_PLAINTEXT_BYTES = 16384,
	RECORD_CIPHERTEXT_BYTES = 16384 + 2048, /* TLS 1.2; less in 1.3 */
	CONTENT_CHANGE_CIPHER_SPEC = 20,
	CONTENT_HANDSHAKE = 22,
	CONTENT_APPLICATION_DATA = 23,
};

struct record {
	uint8_t type;
	uint32_t length;  /* as its header says */
	struct span body; /* what of it is there */
};

/* Judges as much of a record header as is there: NOT_YET for a proper beginning of one. */
static enum finding header_look(struct span stream)
{
	const uint8_t *byte = stream.data;
	uint32_t length;

	if (stream.len > 0 &&
		(byte[0] < CONTENT_CHANGE_CIPHER_SPEC || byte[0] > CONTENT_APPLICATION_DATA))
		return FINDING_IS_NOT;
	if ((stream.len > 1 && byte[1] != 3) || (stream.len > 2 && byte[2] > 4))
		return FINDING_IS_NOT;
	if (stream.len < RECORD_HEADER_BYTES)
		return FINDING_NOT_YET;
	length = cursor_value(byte + 3, 2);
	if (length == 0 || length > RECORD_CIPHERTEXT_BYTES)
		return FINDING_IS_NOT;
	return FINDING_IS;
}

/* Cuts the next record off the stream. IS: whole. NOT_YET: what is there of it is in *record. */
static enum finding record_take(struct span *stream, struct record *record)
{
	enum finding header = header_look(*stream);
	struct span skipped;

	/* A record that has no byte yet may still become the one that is hoped for. */
	*record = (struct record){.type = stream->len ? stream->data[0] : CONTENT_HANDSHAKE};
	if (header != FINDING_IS)
		return header;
	record->length = cursor_value(stream->data + 3, 2);
	/* A hello is never encrypted, so its record has no room for a cipher's overhead. */
	if (record->type == CONTENT_HANDSHAKE && record->length > RECORD_PLAINTEXT_BYTES)
		return FINDING_IS_NOT;
	cursor_take(stream, RECORD_HEADER_BYTES, &skipped);
	if (cursor_take(stream, record->length, &record->body))
		return FINDING_IS;
	record->body = *stream;
	stream->len = 0;
	return FINDING_NOT_YET;
}

static enum finding parse_first(struct span stream, struct tls_client_hello *hello)
{
	struct record record;
	enum finding whole = record_take(&stream, &record);
	enum finding look;

	if (whole == FINDING_IS_NOT || record.type != CONTENT_HANDSHAKE)
		return FINDING_IS_NOT;
	look = tls_message_look(record.body);
	if (look == FINDING_IS_NOT)
		return FINDING_IS_NOT;
	/* Known from the headers alone: no later byte can put the rest of it into this record. */
	if (look == FINDING_IS && tls_message_bytes(record.body) > record.length)
		return FINDING_IS_NOT;
	if (whole == FINDING_NOT_YET)
		return FINDING_NOT_YET;
	/* A record that ends inside the handshake header is shorter than its message as well. */
	return look == FINDING_IS ? tls_message_read(record.body, hello) : FINDING_IS_NOT;
}

/* Appends `body` to the `used` bytes in scratch, as far as there is room; returns how many. */
static uint32_t join(uint8_t *scratch, uint32_t used, struct span body)
{
	uint32_t room = TLS_HELLO_BYTES - used;
	uint32_t count = body.len < room ? body.len : room;

	if (count > 0)
		memcpy(scratch + used, body.data, count);
	return count;
}

/* `stream` begins after the hello's first record, whose body is `message`. */
static enum finding parse_split(
	struct span stream, struct span message, uint8_t *scratch, struct tls_client_hello *hello)
{
	uint32_t used = join(scratch, 0, message);
	struct record record;
	enum finding whole, look;

	for (;;) {
		whole = record_take(&stream, &record);
		/* Messages are not interleaved with other records (RFC 8446 section 5.1). */
		if (whole == FINDING_IS_NOT || record.type != CONTENT_HANDSHAKE)
			return FINDING_IS_NOT;
		used += join(scratch, used, record.body);
		message = (struct span){scratch, used};
		look = tls_message_look(message);
		if (look == FINDING_IS_NOT)
			return FINDING_IS_NOT;
		if (whole == FINDING_NOT_YET)
			return FINDING_NOT_YET;
		if (look == FINDING_IS && tls_message_bytes(message) <= used)
			return tls_message_read(message, hello);
	}
}

static enum finding parse_all(struct span stream, uint8_t *scratch, struct tls_client_hello *hello)
{
	struct record record;
	enum finding whole, look;

	do {
		whole = record_take(&stream, &record);
	} while (whole == FINDING_IS && record.type != CONTENT_HANDSHAKE);
	if (whole == FINDING_IS_NOT || record.type != CONTENT_HANDSHAKE)
		return whole;
	look = tls_message_look(record.body);
	if (look == FINDING_IS_NOT)
		return FINDING_IS_NOT;
	if (whole == FINDING_NOT_YET)
		return FINDING_NOT_YET;
	if (look == FINDING_IS && tls_message_bytes(record.body) <= record.body.len)
		return tls_message_read(record.body, hello);
	return parse_split(stream, record.body, scratch, hello);
}

enum finding tls_client_hello_parse(struct span stream, enum tls_records records, uint8_t *scratch,
	struct tls_client_hello *hello)
{
	if (records == TLS_RECORDS_FIRST)
		return parse_first(stream, hello);
	return parse_all(stream, scratch, hello);
}

bool tls_is_record(struct span stream)
{
	return header_look(stream) == FINDING_IS;
}
