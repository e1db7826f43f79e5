/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection is opened once, so setting up costs more than working. HKDF is HMAC, and half of an
 * HMAC depends on its key alone: for the salts that half is made at start, for the client's secret
 * once for its three keys. SHA-256 is called directly for the same reason: fetching and copying
 * its EVP form takes longer than the block that is hashed here.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "classifiers/quic_keys.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum {
	SALT_BYTES = 20,
	SECRET_BYTES = SHA256_DIGEST_LENGTH,
	HMAC_BLOCK_BYTES = SHA256_CBLOCK,
	LABEL_BYTES = 32,
	SAMPLE_AT = 4, /* after the begin of the packet number, RFC 9001 section 5.4.2 */
	SAMPLE_BYTES = 16,
	NUMBER_BYTES = 4, /* at most */
	TAG_BYTES = 16,
	IV_BYTES = 12,
};

struct hmac {
	SHA256_CTX inner, outer;
};

struct quic_keys {
	struct hmac salts[QUIC_SALTS];
	EVP_CIPHER_CTX *mask, *body;
	const struct quic_version *version; /* whose keys are in `secrets`; NULL none */
	uint8_t dcid_bytes, dcid[QUIC_CID_BYTES];
	struct quic_secrets secrets;
};

/* RFC 9001 section 5.2, RFC 9369 section 3.3.1, the drafts of the former, Chromium's
 * quic/core/crypto/crypto_utils.cc. */
static const uint8_t salts[QUIC_SALTS][SALT_BYTES] = {
	[QUIC_SALT_V1] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6,
		0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
	[QUIC_SALT_V2] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe,
		0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
	[QUIC_SALT_DRAFT_22] = {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96,
		0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a},
	[QUIC_SALT_DRAFT_23] = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2,
		0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
	[QUIC_SALT_DRAFT_29] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86,
		0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99},
	[QUIC_SALT_Q050] = {0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc,
		0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45},
	[QUIC_SALT_T050] = {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c,
		0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10},
	[QUIC_SALT_T051] = {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19,
		0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d},
};

/* What depends on the key alone (RFC 2104); it is at most one block long. */
static void hmac_key(struct hmac *hmac, const uint8_t *key, uint32_t bytes)
{
	uint8_t inner[HMAC_BLOCK_BYTES], outer[HMAC_BLOCK_BYTES];

	memset(inner, 0x36, sizeof(inner));
	memset(outer, 0x5c, sizeof(outer));
	for (uint32_t i = 0; i < bytes; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	SHA256_Init(&hmac->inner);
	SHA256_Update(&hmac->inner, inner, sizeof(inner));
	SHA256_Init(&hmac->outer);
	SHA256_Update(&hmac->outer, outer, sizeof(outer));
}

static void hmac_of(const struct hmac *hmac, const uint8_t *data, uint32_t bytes, uint8_t *digest)
{
	SHA256_CTX inner = hmac->inner, outer = hmac->outer;

	SHA256_Update(&inner, data, bytes);
	SHA256_Final(digest, &inner);
	SHA256_Update(&outer, digest, SECRET_BYTES);
	SHA256_Final(digest, &outer);
}

/* HKDF-Expand-Label (RFC 8446 section 7.1) of one block, without context. */
static void expand(const struct hmac *secret, const char *label, uint8_t *key, uint8_t bytes)
{
	uint8_t info[2 + 1 + LABEL_BYTES + 1 + 1] = {0, bytes}, digest[SECRET_BYTES];
	uint32_t count = (uint32_t)strlen(label);

	info[2] = (uint8_t)count;
	memcpy(info + 3, label, count);
	info[3 + count] = 0;     /* no context */
	info[3 + count + 1] = 1; /* first block */
	hmac_of(secret, info, 3 + count + 2, digest);
	memcpy(key, digest, bytes);
}

void quic_keys_derive(const struct quic_keys *keys, const struct quic_version *version,
	struct span dcid, struct quic_secrets *secrets)
{
	bool second = version->salt == QUIC_SALT_V2;
	uint8_t secret[SECRET_BYTES];
	struct hmac hmac;

	hmac_of(&keys->salts[version->salt], dcid.data, dcid.len, secret);
	hmac_key(&hmac, secret, sizeof(secret));
	expand(&hmac, "tls13 client in", secret, sizeof(secret));
	hmac_key(&hmac, secret, sizeof(secret));
	expand(&hmac, second ? "tls13 quicv2 key" : "tls13 quic key", secrets->key,
		sizeof(secrets->key));
	expand(&hmac, second ? "tls13 quicv2 iv" : "tls13 quic iv", secrets->iv,
		sizeof(secrets->iv));
	expand(&hmac, second ? "tls13 quicv2 hp" : "tls13 quic hp", secrets->hp,
		sizeof(secrets->hp));
}

struct quic_keys *quic_keys_new(void)
{
	struct quic_keys *keys = calloc(1, sizeof(*keys));

	if (!keys)
		return NULL;
	for (uint32_t i = 0; i < QUIC_SALTS; i++)
		hmac_key(&keys->salts[i], salts[i], SALT_BYTES);
	keys->mask = EVP_CIPHER_CTX_new();
	keys->body = EVP_CIPHER_CTX_new();
	if (keys->mask && keys->body &&
		EVP_EncryptInit_ex(keys->mask, EVP_aes_128_ecb(), NULL, NULL, NULL) == 1 &&
		EVP_DecryptInit_ex(keys->body, EVP_aes_128_gcm(), NULL, NULL, NULL) == 1)
		return keys;
	quic_keys_free(keys);
	return NULL;
}

void quic_keys_free(struct quic_keys *keys)
{
	if (!keys)
		return;
	EVP_CIPHER_CTX_free(keys->mask);
	EVP_CIPHER_CTX_free(keys->body);
	free(keys);
}

/* Makes the keys of this connection the current ones. */
static void turn_to(struct quic_keys *keys, const struct quic_version *version, struct span dcid)
{
	if (keys->version == version && keys->dcid_bytes == dcid.len &&
		!memcmp(keys->dcid, dcid.data, dcid.len))
		return;
	quic_keys_derive(keys, version, dcid, &keys->secrets);
	keys->version = version;
	keys->dcid_bytes = (uint8_t)dcid.len;
	memcpy(keys->dcid, dcid.data, dcid.len);
}

/* Header protection for AES: RFC 9001 section 5.4.3. */
static bool mask_of(struct quic_keys *keys, const uint8_t *sample, uint8_t *mask)
{
	int count;

	return EVP_EncryptInit_ex(keys->mask, NULL, NULL, keys->secrets.hp, NULL) == 1 &&
	       EVP_EncryptUpdate(keys->mask, mask, &count, sample, SAMPLE_BYTES) == 1;
}

static void nonce_of(
	const struct quic_keys *keys, const uint8_t *number, uint32_t number_bytes, uint8_t *nonce)
{
	memcpy(nonce, keys->secrets.iv, IV_BYTES);
	for (uint32_t i = 0; i < number_bytes; i++)
		nonce[IV_BYTES - number_bytes + i] ^= number[i];
}

static bool add_header(struct quic_keys *keys, const uint8_t *bytes, uint32_t count)
{
	int unused;

	return EVP_DecryptUpdate(keys->body, NULL, &unused, bytes, (int)count) == 1;
}

/* RFC 9001 section 5.3: the unprotected header is what the tag covers beside the payload. */
static struct span unseal(struct quic_keys *keys, const struct quic_packet *packet, uint8_t first,
	const uint8_t *number, uint8_t *plain)
{
	const uint8_t *header = packet->whole.data;
	uint32_t number_bytes = (first & 3) + 1;
	uint32_t at = packet->number_at + number_bytes;
	uint32_t bytes = packet->whole.len - at - TAG_BYTES;
	const uint8_t *tag = header + at + bytes;
	uint8_t nonce[IV_BYTES];
	int count;

	nonce_of(keys, number, number_bytes, nonce);
	if (EVP_DecryptInit_ex(keys->body, NULL, NULL, keys->secrets.key, nonce) != 1 ||
		!add_header(keys, &first, 1) ||
		!add_header(keys, header + 1, packet->number_at - 1) ||
		!add_header(keys, number, number_bytes) ||
		EVP_DecryptUpdate(keys->body, plain, &count, header + at, (int)bytes) != 1 ||
		EVP_CIPHER_CTX_ctrl(keys->body, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES,
			(void *)(uintptr_t)tag) != 1 ||
		EVP_DecryptFinal_ex(keys->body, plain + bytes, &count) != 1)
		return (struct span){plain, 0};
	return (struct span){plain, bytes};
}

struct span quic_keys_open(
	struct quic_keys *keys, struct span dcid, const struct quic_packet *packet, uint8_t *plain)
{
	const uint8_t *at = packet->whole.data + packet->number_at;
	uint8_t mask[SAMPLE_BYTES], number[NUMBER_BYTES], first;

	/* The least that leaves a sample; a longer packet number then still leaves the tag. */
	if (packet->whole.len - packet->number_at < SAMPLE_AT + SAMPLE_BYTES)
		return (struct span){plain, 0};
	turn_to(keys, packet->version, dcid);
	if (!mask_of(keys, at + SAMPLE_AT, mask))
		return (struct span){plain, 0};
	first = packet->whole.data[0] ^ (mask[0] & 0x0f);
	for (uint32_t i = 0; i < NUMBER_BYTES; i++)
		number[i] = at[i] ^ mask[1 + i];
	return unseal(keys, packet, first, number, plain);
}
