/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/quic_seal.h"

#include "classifiers/quic_keys.h"
#include "control/virtual/framing.h"
#include "control/virtual/hello.h"

#include <openssl/evp.h>
#include <string.h>

enum {
	CID_BYTES = 8,
	NUMBER_AT = 18,
	HEADER_BYTES = 22,
	TAG_BYTES = 16,
	SIZE_USUAL = 1200,
	FRAMES_LEAST = 20,
};

/* In the order of enum script_version; the last one is nobody's, of those kept for greasing (RFC
 * 9000 section 15). */
static const uint32_t versions[] = {1, 0x6b3343cf, 0xff00001d, 0x51303530, 0x5a6a7a8a};

static void seal_body(uint8_t *packet, const struct quic_secrets *secrets, uint32_t frames)
{
	uint8_t *body = packet + HEADER_BYTES;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int done;

	/* Packet number 0: the nonce is the iv. */
	EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, secrets->key, secrets->iv);
	EVP_EncryptUpdate(context, NULL, &done, packet, HEADER_BYTES);
	EVP_EncryptUpdate(context, body, &done, body, (int)frames);
	EVP_EncryptFinal_ex(context, body + frames, &done);
	EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, body + frames);
	EVP_CIPHER_CTX_free(context);
}

static void protect_header(uint8_t *packet, const struct quic_secrets *secrets)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t mask[16];
	int done;

	EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, secrets->hp, NULL);
	EVP_EncryptUpdate(context, mask, &done, packet + HEADER_BYTES, sizeof(mask));
	EVP_CIPHER_CTX_free(context);
	packet[0] ^= mask[0] & 0x0f;
	for (int i = 0; i < 4; i++)
		packet[NUMBER_AT + i] ^= mask[1 + i];
}

static void put_header(struct utterance *into, uint32_t version, uint64_t seed, uint32_t frames)
{
	const struct quic_version *row = quic_version_of(version);

	utter_put(into, 0xc3 | (row ? row->initial_type << 4 : 0), 1);
	utter_put(into, version, 4);
	utter_put(into, CID_BYTES, 1);
	utter_noise(into, CID_BYTES, seed);
	utter_put(into, 0, 2); /* no source connection id, no token */
	utter_put(into, 0x4000 | (4 + frames + TAG_BYTES), 2);
	utter_put(into, 0, 4); /* packet number */
}

/* One CRYPTO frame from 0 on, and padding. */
static void put_frames(
	struct utterance *into, const struct script_step *step, uint64_t seed, uint32_t size)
{
	struct hello hello = {
		.name = script_has(step, SCRIPT_KEY_SNI) ? step->text[SCRIPT_KEY_SNI] : NULL,
		.ech = script_has(step, SCRIPT_KEY_ECH),
		.quic = true,
		.seed = seed,
	};
	uint32_t begin = into->len, len;

	utter_put(into, 6, 1);
	utter_put(into, 0, 1);
	utter_put(into, 0, 2);
	hello_message(into, &hello);
	len = into->len - begin - 4;
	into->bytes[begin + 2] = (uint8_t)(0x40 | len >> 8);
	into->bytes[begin + 3] = (uint8_t)len;
	while (into->len - begin < size)
		utter_put(into, 0, 1);
}

static void seal(struct utterance *into, uint32_t version, uint32_t frames)
{
	const struct quic_version *row = quic_version_of(version);
	struct quic_keys *keys = row && row->salt != QUIC_SALT_NONE ? quic_keys_new() : NULL;
	struct quic_secrets secrets;

	if (!keys)
		return;
	quic_keys_derive(keys, row, (struct span){into->bytes + 6, CID_BYTES}, &secrets);
	quic_keys_free(keys);
	seal_body(into->bytes, &secrets, frames);
	protect_header(into->bytes, &secrets);
}

void quic_initial(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	uint32_t size = (uint32_t)script_value(step, SCRIPT_KEY_SIZE, SIZE_USUAL);
	uint32_t version = versions[script_value(step, SCRIPT_KEY_VERSION, SCRIPT_QUIC_V1)];
	static struct utterance frames;
	uint32_t room = size > HEADER_BYTES + TAG_BYTES + FRAMES_LEAST
				? size - HEADER_BYTES - TAG_BYTES
				: FRAMES_LEAST;

	frames.len = 0;
	put_frames(&frames, step, seed, room);
	put_header(into, version, seed, frames.len);
	utter_bytes(into, frames.bytes, frames.len);
	utter_noise(into, TAG_BYTES, seed);
	seal(into, version, frames.len);
}
