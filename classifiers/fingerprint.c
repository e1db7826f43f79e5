/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The digests' own functions are called, not their EVP form, which would be fetched and allocated
 * each time (see quic_keys.c).
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "classifiers/fingerprint.h"

#include "classifiers/cursor.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <string.h>

enum {
	RANDOM_BYTES = 32,
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_POINT_FORMATS = 11,
	EXTENSION_SIGNATURE_ALGORITHMS = 13,
	EXTENSION_ALPN = 16,
	NUMBERS_MAX = TLS_HELLO_BYTES / 2, /* no list in a hello is longer */
	PART_BYTES = 12,                   /* of a JA4: what is kept of a digest */
	COUNT_MAX = 99,
	TEXT_BYTES = 512,
};

/* What a fingerprint is made of. */
struct parts {
	struct span ciphers, extensions;
	struct span groups, point_formats, signature_algorithms;
	bool named; /* there is a server_name, whatever it says */
};

/* Lists of numbers without those that are to be ignored. */
struct numbers {
	uint32_t count;
	uint16_t value[NUMBERS_MAX];
};

static struct span list_in(struct span extension, uint32_t width)
{
	struct span list;

	return cursor_vector(&extension, width, &list) ? list : (struct span){NULL, 0};
}

static void read_extension(uint32_t type, struct span extension, struct parts *parts)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		parts->named = true;
		break;
	case EXTENSION_GROUPS:
		parts->groups = list_in(extension, 2);
		break;
	case EXTENSION_POINT_FORMATS:
		parts->point_formats = list_in(extension, 1);
		break;
	case EXTENSION_SIGNATURE_ALGORITHMS:
		parts->signature_algorithms = list_in(extension, 2);
		break;
	}
}

/* tls_body_read() was content with the body, so all that is not optional is there. */
static struct parts parts_of(const struct tls_client_hello *hello)
{
	struct parts parts = {0};
	struct span body = hello->body, skipped, extensions, extension;
	uint32_t type;

	cursor_take(&body, 2 + RANDOM_BYTES, &skipped);
	cursor_vector(&body, 1, &skipped); /* session id */
	if (hello->datagram)
		cursor_vector(&body, 1, &skipped); /* cookie */
	cursor_vector(&body, 2, &parts.ciphers);
	cursor_vector(&body, 1, &skipped); /* compression methods */
	if (!cursor_vector(&body, 2, &extensions))
		return parts;
	parts.extensions = extensions;
	while (cursor_number(&extensions, 2, &type) && cursor_vector(&extensions, 2, &extension))
		read_extension(type, extension, &parts);
	return parts;
}

static void add_number(struct numbers *numbers, uint32_t value)
{
	if (!tls_is_grease(value) && numbers->count < NUMBERS_MAX)
		numbers->value[numbers->count++] = (uint16_t)value;
}

static void take_list(struct span list, struct numbers *numbers)
{
	uint32_t value;

	numbers->count = 0;
	while (cursor_number(&list, 2, &value))
		add_number(numbers, value);
}

static void take_extensions(struct span extensions, struct numbers *numbers)
{
	struct span extension;
	uint32_t type;

	numbers->count = 0;
	while (cursor_number(&extensions, 2, &type) && cursor_vector(&extensions, 2, &extension))
		add_number(numbers, type);
}

/* Point formats are bytes, and none of them is to be ignored. */
static void take_bytes(struct span list, struct numbers *numbers)
{
	numbers->count = 0;
	for (uint32_t i = 0; i < list.len; i++)
		numbers->value[numbers->count++] = list.data[i];
}

/* Shell's sort: short lists, and a hostile one of thousands, without memory of its own. */
static void sort(struct numbers *numbers)
{
	uint16_t *value = numbers->value;

	for (uint32_t gap = NUMBERS_MAX / 2; gap > 0; gap /= 2) {
		for (uint32_t i = gap; i < numbers->count; i++) {
			uint16_t moved = value[i];
			uint32_t at = i;

			for (; at >= gap && value[at - gap] > moved; at -= gap)
				value[at] = value[at - gap];
			value[at] = moved;
		}
	}
}

/* Text on its way into a digest, a piece at a time. */
struct writer {
	void (*digest)(void *context, const void *data, size_t bytes);
	void *context;
	uint32_t used;
	char text[TEXT_BYTES];
};

static void flush(struct writer *writer)
{
	writer->digest(writer->context, writer->text, writer->used);
	writer->used = 0;
}

static void put(struct writer *writer, char character)
{
	if (writer->used == TEXT_BYTES)
		flush(writer);
	writer->text[writer->used++] = character;
}

static void put_decimal(struct writer *writer, uint32_t value)
{
	char digits[10];
	uint32_t count = 0;

	do {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (count)
		put(writer, digits[--count]);
}

static char hex_digit(uint32_t value)
{
	return "0123456789abcdef"[value & 15];
}

static void put_decimals(struct writer *writer, const struct numbers *numbers)
{
	for (uint32_t i = 0; i < numbers->count; i++) {
		if (i)
			put(writer, '-');
		put_decimal(writer, numbers->value[i]);
	}
}

/* But for `left_out`, 0 to 2 of them. Returns how many. */
static uint32_t put_hexes(struct writer *writer, const struct numbers *numbers,
	const uint16_t *left_out, uint32_t left_out_count)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < numbers->count; i++) {
		uint32_t value = numbers->value[i], out = 0;

		while (out < left_out_count && left_out[out] != value)
			out++;
		if (out < left_out_count)
			continue;
		if (count++)
			put(writer, ',');
		for (int shift = 12; shift >= 0; shift -= 4)
			put(writer, hex_digit(value >> shift));
	}
	return count;
}

static void put_digest(const uint8_t *digest, uint32_t characters, char *text)
{
	for (uint32_t i = 0; i < characters; i++)
		text[i] = hex_digit(digest[i / 2] >> (i % 2 ? 0 : 4));
}

static void into_md5(void *context, const void *data, size_t bytes)
{
	MD5_Update(context, data, bytes);
}

static void into_sha256(void *context, const void *data, size_t bytes)
{
	SHA256_Update(context, data, bytes);
}

void fingerprint_ja3(const struct tls_client_hello *hello, char text[JA3_BYTES])
{
	struct parts parts = parts_of(hello);
	uint8_t digest[MD5_DIGEST_LENGTH];
	struct numbers numbers;
	MD5_CTX md5;
	struct writer writer = {.digest = into_md5, .context = &md5};

	MD5_Init(&md5);
	put_decimal(&writer, hello->legacy_version);
	put(&writer, ',');
	take_list(parts.ciphers, &numbers);
	put_decimals(&writer, &numbers);
	put(&writer, ',');
	take_extensions(parts.extensions, &numbers);
	put_decimals(&writer, &numbers);
	put(&writer, ',');
	take_list(parts.groups, &numbers);
	put_decimals(&writer, &numbers);
	put(&writer, ',');
	take_bytes(parts.point_formats, &numbers);
	put_decimals(&writer, &numbers);
	flush(&writer);
	MD5_Final(digest, &md5);
	put_digest(digest, JA3_BYTES, text);
}

static void put_version(uint16_t version, char *text)
{
	static const struct {
		uint16_t version;
		const char *text;
	} rows[] = {
		{0x0304, "13"},
		{0x0303, "12"},
		{0x0302, "11"},
		{0x0301, "10"},
		{0x0300, "s3"},
		{0x0002, "s2"},
		{0xfeff, "d1"},
		{0xfefd, "d2"},
		{0xfefc, "d3"},
	};

	memcpy(text, "00", 2);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].version == version)
			memcpy(text, rows[i].text, 2);
	}
}

static void put_count(uint32_t count, char *text)
{
	if (count > COUNT_MAX)
		count = COUNT_MAX;
	text[0] = (char)('0' + count / 10);
	text[1] = (char)('0' + count % 10);
}

static bool is_alphanumeric(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z');
}

/* First and last character; of its hexadecimal form when either is none. */
static void put_alpn(struct span alpn, char *text)
{
	uint8_t first, last;

	memcpy(text, "00", 2);
	if (!alpn.len)
		return;
	first = alpn.data[0];
	last = alpn.data[alpn.len - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		text[0] = (char)first;
		text[1] = (char)last;
		return;
	}
	text[0] = hex_digit(first >> 4);
	text[1] = hex_digit(last);
}

static void end_part(struct writer *writer, SHA256_CTX *sha, bool empty, char *text)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	flush(writer);
	SHA256_Final(digest, sha);
	if (empty)
		memset(digest, 0, sizeof(digest));
	put_digest(digest, PART_BYTES, text);
}

/* `numbers` are the ciphers. */
static void put_ciphers(struct numbers *numbers, char *text)
{
	SHA256_CTX sha;
	struct writer writer = {.digest = into_sha256, .context = &sha};
	uint32_t count;

	SHA256_Init(&sha);
	sort(numbers);
	count = put_hexes(&writer, numbers, NULL, 0);
	end_part(&writer, &sha, !count, text);
}

/* `numbers` are the extensions. */
static void put_extensions(struct numbers *numbers, struct span signature_algorithms, char *text)
{
	static const uint16_t left_out[] = {EXTENSION_SERVER_NAME, EXTENSION_ALPN};
	SHA256_CTX sha;
	struct writer writer = {.digest = into_sha256, .context = &sha};
	uint32_t count;

	SHA256_Init(&sha);
	sort(numbers);
	count = put_hexes(&writer, numbers, left_out, 2);
	take_list(signature_algorithms, numbers);
	if (numbers->count)
		put(&writer, '_');
	put_hexes(&writer, numbers, NULL, 0);
	end_part(&writer, &sha, !count, text);
}

void fingerprint_ja4(const struct tls_client_hello *hello, char transport, char text[JA4_BYTES])
{
	struct parts parts = parts_of(hello);
	struct numbers numbers;

	text[0] = transport;
	put_version(hello->version, text + 1);
	text[3] = parts.named ? 'd' : 'i';
	take_list(parts.ciphers, &numbers);
	put_count(numbers.count, text + 4);
	text[10] = text[23] = '_';
	put_ciphers(&numbers, text + 11);
	take_extensions(parts.extensions, &numbers);
	put_count(numbers.count, text + 6);
	put_alpn(hello->alpn, text + 8);
	put_extensions(&numbers, parts.signature_algorithms, text + 24);
}
