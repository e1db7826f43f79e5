/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Initial packets as a client seals them (RFC 9001 section 5): the way back from what is tested.
 * test_quic.c holds it against the published packets before it relies on it.
 */
#ifndef SLUICE_QUIC_SEAL_H
#define SLUICE_QUIC_SEAL_H

#include <assert.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#include "classifiers/quic_keys.h"

enum { SEAL_ROOM = 2048, SEAL_CID_BYTES = 8, SEAL_NUMBER_AT = 18, SEAL_HEADER_BYTES = 22 };

struct sealed {
	uint8_t bytes[SEAL_ROOM];
	uint32_t len;
};

/* First byte, version, connection ids of 8 and 0 bytes, no token, length, packet number of 4. */
static inline void seal_header(struct sealed *sealed, uint32_t version, const uint8_t *dcid,
	uint32_t number, uint32_t count)
{
	uint32_t length = 4 + count + 16;
	uint8_t first = 0xc3 | (uint8_t)(quic_version_of(version)->initial_type << 4);
	uint8_t before[] = {first, (uint8_t)(version >> 24), (uint8_t)(version >> 16),
		(uint8_t)(version >> 8), (uint8_t)version, SEAL_CID_BYTES};
	uint8_t after[] = {
		0, 0, (uint8_t)(0x40 | length >> 8), (uint8_t)length, 0, 0, 0, (uint8_t)number};

	memcpy(sealed->bytes, before, 6);
	memcpy(sealed->bytes + 6, dcid, SEAL_CID_BYTES);
	memcpy(sealed->bytes + 14, after, 8);
	sealed->len = SEAL_HEADER_BYTES + length - 4;
}

static inline void seal_body(struct sealed *sealed, const struct quic_secrets *secrets,
	uint8_t number, const uint8_t *frames, uint32_t count)
{
	uint8_t *body = sealed->bytes + SEAL_HEADER_BYTES, nonce[12];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int done;

	memcpy(nonce, secrets->iv, sizeof(nonce));
	nonce[11] ^= number;
	EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, secrets->key, nonce);
	EVP_EncryptUpdate(context, NULL, &done, sealed->bytes, SEAL_HEADER_BYTES);
	EVP_EncryptUpdate(context, body, &done, frames, (int)count);
	EVP_EncryptFinal_ex(context, body + count, &done);
	EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, body + count);
	EVP_CIPHER_CTX_free(context);
}

static inline void seal_number(struct sealed *sealed, const struct quic_secrets *secrets)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t mask[16];
	int done;

	EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, secrets->hp, NULL);
	EVP_EncryptUpdate(context, mask, &done, sealed->bytes + SEAL_HEADER_BYTES, 16);
	EVP_CIPHER_CTX_free(context);
	sealed->bytes[0] ^= mask[0] & 0x0f;
	for (uint32_t i = 0; i < 4; i++)
		sealed->bytes[SEAL_NUMBER_AT + i] ^= mask[1 + i];
}

/* `keyed` is the connection id that the keys follow from, `dcid` the one in the header. */
static inline void seal(struct sealed *sealed, uint32_t version, const uint8_t *keyed,
	const uint8_t *dcid, uint8_t number, const uint8_t *frames, uint32_t count)
{
	struct quic_keys *keys = quic_keys_new();
	struct quic_secrets secrets;

	assert(count >= 16 && SEAL_HEADER_BYTES + count + 16 <= SEAL_ROOM);
	quic_keys_derive(
		keys, quic_version_of(version), (struct span){keyed, SEAL_CID_BYTES}, &secrets);
	quic_keys_free(keys);
	seal_header(sealed, version, dcid, number, count);
	seal_body(sealed, &secrets, number, frames, count);
	seal_number(sealed, &secrets);
}

#endif
