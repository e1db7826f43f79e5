/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading goes in three steps, each bounded by the one before: records are cut from the stream,
 * the ClientHello message is cut from records, its fields are cut from the message. A span that
 * bytes are taken from the front of is the only cursor, so no step can read beyond its own.
 */
#include "classifiers/tls.h"

#include <string.h>

/* RFC 8446 sections 4, 4.1.2, 4.2 and 5.1; RFC 6066 section 3. */
enum {
	RECORD_HEADER_BYTES = 5,
	RECORD_PLAINTEXT_BYTES = 16384,
	RECORD_CIPHERTEXT_BYTES = 16384 + 2048, /* TLS 1.2; less in 1.3 */
	CONTENT_CHANGE_CIPHER_SPEC = 20,
	CONTENT_HANDSHAKE = 22,
	CONTENT_APPLICATION_DATA = 23,
	HANDSHAKE_HEADER_BYTES = 4,
	HANDSHAKE_CLIENT_HELLO = 1,
	RANDOM_BYTES = 32,
	SESSION_ID_BYTES = 32,
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xfe0d,
	NAME_TYPE_HOST_NAME = 0,
};

struct record {
	uint8_t type;
	uint32_t length;  /* as its header says */
	struct span body; /* what of it is there */
};

/* These four are inline because the widths are then constants, which is most of a hello's time. */
static inline uint32_t big_endian(const uint8_t *bytes, uint32_t count)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static inline bool take(struct span *from, uint32_t count, struct span *taken)
{
	if (from->len < count)
		return false;
	*taken = (struct span){from->data, count};
	from->data += count;
	from->len -= count;
	return true;
}

static inline bool take_number(struct span *from, uint32_t width, uint32_t *number)
{
	struct span bytes;

	if (!take(from, width, &bytes))
		return false;
	*number = big_endian(bytes.data, width);
	return true;
}

/* A vector with a length of `width` bytes before it. */
static inline bool take_vector(struct span *from, uint32_t width, struct span *vector)
{
	uint32_t count;

	return take_number(from, width, &count) && take(from, count, vector);
}

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
	length = big_endian(byte + 3, 2);
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
	record->length = big_endian(stream->data + 3, 2);
	/* A hello is never encrypted, so its record has no room for a cipher's overhead. */
	if (record->type == CONTENT_HANDSHAKE && record->length > RECORD_PLAINTEXT_BYTES)
		return FINDING_IS_NOT;
	take(stream, RECORD_HEADER_BYTES, &skipped);
	if (take(stream, record->length, &record->body))
		return FINDING_IS;
	record->body = *stream;
	stream->len = 0;
	return FINDING_NOT_YET;
}

/* Judges as much of a handshake header as is there; IS when its four bytes are a ClientHello's. */
static enum finding message_look(struct span message)
{
	if (message.len > 0 && message.data[0] != HANDSHAKE_CLIENT_HELLO)
		return FINDING_IS_NOT;
	if (message.len < HANDSHAKE_HEADER_BYTES)
		return FINDING_NOT_YET;
	if (big_endian(message.data + 1, 3) > TLS_HELLO_BYTES - HANDSHAKE_HEADER_BYTES)
		return FINDING_IS_NOT;
	return FINDING_IS;
}

/* Length of the message with its header; message_look() found it to be one. */
static uint32_t message_bytes(struct span message)
{
	return HANDSHAKE_HEADER_BYTES + big_endian(message.data + 1, 3);
}

/* The one host_name of a server_name extension; empty unless the whole list is well-formed. */
static struct span host_name(struct span extension)
{
	struct span none = {NULL, 0}, found = none, list, name;
	uint32_t type;

	if (!take_vector(&extension, 2, &list) || extension.len != 0)
		return none;
	while (list.len > 0) {
		if (!take_number(&list, 1, &type) || !take_vector(&list, 2, &name) || name.len == 0)
			return none;
		if (type != NAME_TYPE_HOST_NAME)
			continue;
		if (found.len > 0)
			return none;
		found = name;
	}
	return found;
}

static bool read_extensions(struct span extensions, struct tls_client_hello *hello)
{
	uint32_t type, server_names = 0;
	struct span body;

	while (extensions.len > 0) {
		if (!take_number(&extensions, 2, &type) || !take_vector(&extensions, 2, &body))
			return false;
		if (type == EXTENSION_SERVER_NAME) {
			hello->sni = host_name(body);
			server_names++;
		}
		hello->ech |= type == EXTENSION_ENCRYPTED_CLIENT_HELLO;
	}
	if (server_names > 1)
		hello->sni = (struct span){NULL, 0};
	return true;
}

/* `body` is the message without its header and must be used up to the last byte. */
static bool read_hello(struct span body, struct tls_client_hello *hello)
{
	struct span random, session_id, cipher_suites, compression, extensions;
	uint32_t version;

	*hello = (struct tls_client_hello){0};
	if (!take_number(&body, 2, &version) || version >> 8 != 3 ||
		!take(&body, RANDOM_BYTES, &random))
		return false;
	if (!take_vector(&body, 1, &session_id) || session_id.len > SESSION_ID_BYTES)
		return false;
	if (!take_vector(&body, 2, &cipher_suites) || cipher_suites.len < 2 ||
		cipher_suites.len % 2)
		return false;
	if (!take_vector(&body, 1, &compression) || compression.len < 1)
		return false;
	hello->legacy_version = (uint16_t)version;
	if (body.len == 0) /* TLS 1.2 and before may have no extensions at all */
		return true;
	if (!take_vector(&body, 2, &extensions) || body.len != 0)
		return false;
	return read_extensions(extensions, hello);
}

/* `message` is at least as long as its header says; what follows it is left alone. */
static enum finding read_message(struct span message, struct tls_client_hello *hello)
{
	struct span body = {message.data + HANDSHAKE_HEADER_BYTES,
		message_bytes(message) - HANDSHAKE_HEADER_BYTES};

	return read_hello(body, hello) ? FINDING_IS : FINDING_IS_NOT;
}

static enum finding parse_first(struct span stream, struct tls_client_hello *hello)
{
	struct record record;
	enum finding whole = record_take(&stream, &record);
	enum finding look;

	if (whole == FINDING_IS_NOT || record.type != CONTENT_HANDSHAKE)
		return FINDING_IS_NOT;
	look = message_look(record.body);
	if (look == FINDING_IS_NOT)
		return FINDING_IS_NOT;
	/* Known from the headers alone: no later byte can put the rest of it into this record. */
	if (look == FINDING_IS && message_bytes(record.body) > record.length)
		return FINDING_IS_NOT;
	if (whole == FINDING_NOT_YET)
		return FINDING_NOT_YET;
	/* A record that ends inside the handshake header is shorter than its message as well. */
	return look == FINDING_IS ? read_message(record.body, hello) : FINDING_IS_NOT;
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
		look = message_look(message);
		if (look == FINDING_IS_NOT)
			return FINDING_IS_NOT;
		if (whole == FINDING_NOT_YET)
			return FINDING_NOT_YET;
		if (look == FINDING_IS && message_bytes(message) <= used)
			return read_message(message, hello);
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
	look = message_look(record.body);
	if (look == FINDING_IS_NOT)
		return FINDING_IS_NOT;
	if (whole == FINDING_NOT_YET)
		return FINDING_NOT_YET;
	if (look == FINDING_IS && message_bytes(record.body) <= record.body.len)
		return read_message(record.body, hello);
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
