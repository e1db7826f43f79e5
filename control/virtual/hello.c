/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/hello.h"

#include "dataplane/prng.h"

#include <string.h>

enum {
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	HANDSHAKE = 22,
	APPLICATION_DATA = 23,
	RECORD_HEAD = 5,
};

static void extension(struct utterance *into, uint16_t kind, const void *body, size_t len)
{
	utter_put(into, kind, 2);
	utter_put(into, len, 2);
	utter_bytes(into, body, len);
}

static void server_name(struct utterance *into, const char *name)
{
	size_t len = strlen(name);

	utter_put(into, 0, 2);
	utter_put(into, len + 5, 2);
	utter_put(into, len + 3, 2);
	utter_put(into, 0, 1);
	utter_put(into, len, 2);
	utter_bytes(into, name, len);
}

static void key_share(struct utterance *into, uint64_t seed)
{
	utter_put(into, 51, 2);
	utter_put(into, 38, 2);
	utter_put(into, 36, 2);
	utter_put(into, 29, 2); /* x25519 */
	utter_put(into, 32, 2);
	utter_noise(into, 32, seed);
}

/* Outer, HKDF-SHA256 with AES-128-GCM, config 7, an encapsulated key and a payload. */
static void ech(struct utterance *into, uint64_t seed)
{
	static const uint8_t head[] = {0, 0, 1, 0, 1, 7};

	utter_put(into, 0xfe0d, 2);
	utter_put(into, sizeof(head) + 2 + 32 + 2 + 144, 2);
	utter_bytes(into, head, sizeof(head));
	utter_put(into, 32, 2);
	utter_noise(into, 32, seed);
	utter_put(into, 144, 2);
	utter_noise(into, 144, seed + 1);
}

static void extensions(struct utterance *into, const struct hello *hello)
{
	if (hello->name)
		server_name(into, hello->name);
	extension(into, 43, "\4\3\4\3\3", hello->quic ? 3 : 5);
	if (hello->quic)
		into->bytes[into->len - 3] = 2; /* TLS 1.3 only */
	extension(into, 10, "\0\4\0\x1d\0\x17", 6);
	extension(into, 13, "\0\4\4\3\x08\4", 6);
	extension(into, 16, hello->quic ? "\0\3\2h3" : "\0\x0c\2h2\x08http/1.1",
		hello->quic ? 5 : 14);
	if (hello->quic)
		extension(into, 57, "\1\4\x80\0\x75\x30\4\4\x80\x10\0\0", 12);
	key_share(into, hello->seed + 1);
	if (hello->ech)
		ech(into, hello->seed + 2);
}

void hello_message(struct utterance *into, const struct hello *hello)
{
	uint32_t begin = into->len, list, padding;

	utter_put(into, 1, 4); /* client_hello; the length is filled in */
	utter_put(into, 0x0303, 2);
	utter_noise(into, 32, hello->seed);
	utter_put(into, hello->quic ? 0 : 32, 1);
	utter_noise(into, hello->quic ? 0 : 32, hello->seed + 4);
	utter_bytes(into, "\0\x08\x13\1\x13\2\x13\3\xc0\x2f\1\0", 12);
	list = into->len;
	utter_put(into, 0, 2);
	extensions(into, hello);
	padding = into->len - begin + hello->around + 4;
	if (hello->size > padding) {
		utter_put(into, 21, 2);
		utter_put(into, hello->size - padding, 2);
		for (uint32_t left = hello->size - padding; left; left--)
			utter_put(into, 0, 1);
	}
	utter_length(into, list, 2);
	into->bytes[begin] = 1;
	utter_length(into, begin + 1, 3);
}

static void record(struct utterance *into, uint8_t type, const uint8_t *body, uint32_t len)
{
	utter_put(into, type, 1);
	utter_put(into, type == HANDSHAKE ? 0x0301 : 0x0303, 2);
	utter_put(into, len, 2);
	utter_bytes(into, body, len);
}

/* What may stand before a hello: places of enum script_after. */
static void record_before(struct utterance *into, enum script_after kind)
{
	static const uint8_t ccs[] = {1}, warning[] = {1, 0}, data[] = "0123456789abcdef";

	if (kind == SCRIPT_AFTER_CCS)
		record(into, CHANGE_CIPHER_SPEC, ccs, sizeof(ccs));
	else if (kind == SCRIPT_AFTER_ALERT)
		record(into, ALERT, warning, sizeof(warning));
	else
		record(into, APPLICATION_DATA, data, sizeof(data) - 1);
}

void hello_tls(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	static struct utterance message;
	uint32_t records = (uint32_t)script_value(step, SCRIPT_KEY_RECORDS, 1), at = 0;
	struct hello hello = {
		.name = script_has(step, SCRIPT_KEY_SNI) ? step->text[SCRIPT_KEY_SNI] : NULL,
		.ech = script_has(step, SCRIPT_KEY_ECH),
		.size = (uint32_t)script_value(step, SCRIPT_KEY_SIZE, 0),
		.around = records * RECORD_HEAD,
		.seed = seed,
	};

	message.len = 0;
	hello_message(&message, &hello);
	if (script_has(step, SCRIPT_KEY_AFTER))
		record_before(into, (enum script_after)step->value[SCRIPT_KEY_AFTER]);
	for (uint32_t i = 1; i <= records; i++) {
		uint32_t end = (uint32_t)((uint64_t)message.len * i / records);

		record(into, HANDSHAKE, message.bytes + at, end - at);
		at = end;
	}
}

/* DTLS 1.2 (RFC 6347), as WebRTC's first flight: no cookie yet, use_srtp. */
void hello_dtls(struct utterance *into, uint64_t seed)
{
	uint32_t list;

	utter_bytes(into, "\x16\xfe\xff\0\0\0\0\0\0\0\0", 11); /* epoch 0, number 0 */
	utter_put(into, 0, 2);
	utter_bytes(into, "\1\0\0\0\0\0\0\0\0\0\0\0", 12); /* message 0, one fragment */
	utter_put(into, 0xfefd, 2);
	utter_noise(into, 32, seed);
	utter_bytes(into, "\0\0\0\4\xc0\x2b\xc0\x2f\1\0", 10);
	list = into->len;
	utter_put(into, 0, 2);
	extension(into, 10, "\0\4\0\x1d\0\x17", 6);
	extension(into, 11, "\1\0", 2);
	extension(into, 13, "\0\4\4\3\x08\4", 6);
	extension(into, 14, "\0\2\0\1\0", 5);
	utter_length(into, list, 2);
	utter_length(into, 11, 2);
	for (int i = 0; i < 2; i++) { /* length of the message and of its fragment */
		uint32_t len = into->len - 25;

		into->bytes[14 + 8 * i] = (uint8_t)(len >> 16);
		into->bytes[15 + 8 * i] = (uint8_t)(len >> 8);
		into->bytes[16 + 8 * i] = (uint8_t)len;
	}
}
