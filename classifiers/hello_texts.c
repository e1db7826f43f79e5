/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/hello_texts.h"

#include "classifiers/cursor.h"
#include "classifiers/fingerprint.h"

#include <stddef.h>
#include <string.h>

/* RFC 8446 section 4.1.2, RFC 9147 section 5.3. */
const struct hello_word hello_versions[] = {
	{0x0300, "ssl3.0"},
	{0x0301, "1.0"},
	{0x0302, "1.1"},
	{0x0303, "1.2"},
	{0x0304, "1.3"},
	{0xfeff, "dtls1.0"},
	{0xfefd, "dtls1.2"},
	{0xfefc, "dtls1.3"},
	{0, NULL},
};

/* Supported groups as IANA has them, in small letters. */
const struct hello_word hello_groups[] = {
	{0x0017, "secp256r1"},
	{0x0018, "secp384r1"},
	{0x0019, "secp521r1"},
	{0x001d, "x25519"},
	{0x001e, "x448"},
	{0x0100, "ffdhe2048"},
	{0x0101, "ffdhe3072"},
	{0x11eb, "secp256r1mlkem768"},
	{0x11ec, "x25519mlkem768"},
	{0x11ed, "secp384r1mlkem1024"},
	{0x6399, "x25519kyber768draft00"},
	{0x639a, "secp256r1kyber768draft00"},
	{0, NULL},
};

const struct hello_word hello_ech_words[] = {
	{TLS_ECH_NONE, "none"},
	{TLS_ECH_OUTER, "outer"},
	{TLS_ECH_INNER, "inner"},
	{TLS_ECH_WRONG, "malformed"},
	{0, NULL},
};

static void add(struct hello_texts *texts, uint8_t source, const void *text, uint32_t len)
{
	uint8_t *at = texts->bytes + texts->used;

	if (texts->used + 2 + len > HELLO_TEXTS_BYTES)
		return;
	at[0] = source;
	at[1] = (uint8_t)len;
	memcpy(at + 2, text, len);
	texts->used += 2 + len;
}

static void add_word(
	struct hello_texts *texts, uint8_t source, const struct hello_word *rows, uint32_t value)
{
	char text[] = "0x0000";

	for (; rows->word; rows++) {
		if (rows->value == value) {
			add(texts, source, rows->word, (uint32_t)strlen(rows->word));
			return;
		}
	}
	for (int i = 0; i < 4; i++)
		text[2 + i] = "0123456789abcdef"[value >> (12 - 4 * i) & 15];
	add(texts, source, text, 6);
}

static void add_shares(struct hello_texts *texts, struct span shares)
{
	uint32_t before = texts->used, group;
	struct span share;

	while (cursor_number(&shares, 2, &group) && cursor_vector(&shares, 2, &share)) {
		if (!tls_is_grease(group))
			add_word(texts, HELLO_KEY_SHARE, hello_groups, group);
	}
	if (texts->used == before)
		add(texts, HELLO_KEY_SHARE, "none", 4);
}

/* Protocols to be ignored are two bytes, of the values that groups have (RFC 8701 section 3). */
static void add_protocols(struct hello_texts *texts, struct span protocols)
{
	uint32_t before = texts->used;
	struct span protocol;

	while (cursor_vector(&protocols, 1, &protocol)) {
		if (protocol.len &&
			!(protocol.len == 2 && tls_is_grease(cursor_value(protocol.data, 2))))
			add(texts, HELLO_ALPN, protocol.data, protocol.len);
	}
	if (texts->used == before)
		add(texts, HELLO_ALPN, "none", 4);
}

static void add_fingerprints(struct hello_texts *texts, const struct tls_client_hello *hello,
	uint8_t from, uint32_t wanted)
{
	char text[JA4_BYTES];

	if (wanted & 1 << HELLO_JA3) {
		fingerprint_ja3(hello, text);
		add(texts, HELLO_JA3, text, JA3_BYTES);
	}
	if (wanted & 1 << HELLO_JA4) {
		fingerprint_ja4(hello, hello->datagram ? 'd' : from == NAME_QUIC ? 'q' : 't', text);
		add(texts, HELLO_JA4, text, JA4_BYTES);
	}
}

void hello_texts_of(const struct tls_client_hello *hello, uint8_t from, uint32_t wanted,
	struct hello_texts *texts)
{
	texts->used = 0;
	if (wanted & 1 << HELLO_VERSION)
		add_word(texts, HELLO_VERSION, hello_versions, hello->version);
	if (wanted & 1 << HELLO_ECH)
		add_word(texts, HELLO_ECH, hello_ech_words, hello->ech);
	add_fingerprints(texts, hello, from, wanted);
	if (wanted & 1 << HELLO_KEY_SHARE)
		add_shares(texts, hello->shares);
	if (wanted & 1 << HELLO_ALPN)
		add_protocols(texts, hello->protocols);
}

bool hello_texts_next(struct span *texts, uint8_t *source, struct span *text)
{
	uint32_t number;

	if (!cursor_number(texts, 1, &number) || !cursor_vector(texts, 1, text))
		return false;
	*source = (uint8_t)number;
	return true;
}

struct span hello_texts_find(struct span texts, uint8_t source)
{
	struct span text;
	uint8_t found;

	while (hello_texts_next(&texts, &found, &text)) {
		if (found == source)
			return text;
	}
	return (struct span){NULL, 0};
}
