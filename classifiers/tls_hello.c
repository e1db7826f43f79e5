/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/tls_hello.h"

#include "classifiers/cursor.h"

#include <stddef.h>

/* RFC 8446 sections 4, 4.1.2 and 4.2; RFC 6066 section 3; RFC 7301; RFC 9849 section 5. */
enum {
	HANDSHAKE_HEADER_BYTES = 4,
	HANDSHAKE_CLIENT_HELLO = 1,
	RANDOM_BYTES = 32,
	SESSION_ID_BYTES = 32,
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_ALPN = 16,
	EXTENSION_SUPPORTED_VERSIONS = 43,
	EXTENSION_KEY_SHARE = 51,
	EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xfe0d,
	NAME_TYPE_HOST_NAME = 0,
	ECH_OUTER = 0,
	ECH_INNER = 1,
	ECH_SUITE_BYTES = 4,
};

/* Groups whose share is a lattice's public key beside a curve's point. */
static const uint16_t hybrid_groups[] = {
	0x11eb, /* SecP256r1MLKEM768 */
	0x11ec, /* X25519MLKEM768 */
	0x11ed, /* SecP384r1MLKEM1024 */
	0x6399, /* X25519Kyber768Draft00 */
	0x639a, /* SecP256r1Kyber768Draft00 */
};

enum finding tls_message_look(struct span message)
{
	if (message.len > 0 && message.data[0] != HANDSHAKE_CLIENT_HELLO)
		return FINDING_IS_NOT;
	if (message.len < HANDSHAKE_HEADER_BYTES)
		return FINDING_NOT_YET;
	if (cursor_value(message.data + 1, 3) > TLS_HELLO_BYTES - HANDSHAKE_HEADER_BYTES)
		return FINDING_IS_NOT;
	return FINDING_IS;
}

uint32_t tls_message_bytes(struct span message)
{
	return HANDSHAKE_HEADER_BYTES + cursor_value(message.data + 1, 3);
}

/* The one host_name of a server_name extension; empty unless the whole list is well-formed. */
static struct span host_name(struct span extension)
{
	struct span none = {NULL, 0}, found = none, list, name;
	uint32_t type;

	if (!cursor_vector(&extension, 2, &list) || extension.len != 0)
		return none;
	while (list.len > 0) {
		if (!cursor_number(&list, 1, &type) || !cursor_vector(&list, 2, &name) ||
			name.len == 0)
			return none;
		if (type != NAME_TYPE_HOST_NAME)
			continue;
		if (found.len > 0)
			return none;
		found = name;
	}
	return found;
}

static void read_protocols(struct span extension, struct tls_client_hello *hello)
{
	struct span list, protocol;

	if (!cursor_vector(&extension, 2, &list) || extension.len != 0)
		return;
	hello->protocols = list;
	if (cursor_vector(&list, 1, &protocol))
		hello->alpn = protocol;
}

/* DTLS counts its versions downwards: 1.0 is 0xfeff, 1.2 is 0xfefd, 1.3 is 0xfefc. */
static bool is_higher(uint32_t version, uint32_t other, bool datagram)
{
	return !other || (datagram ? version < other : version > other);
}

static uint16_t highest_version(struct span extension, bool datagram)
{
	uint32_t version, highest = 0;
	struct span list;

	if (!cursor_vector(&extension, 1, &list) || extension.len != 0)
		return 0;
	while (cursor_number(&list, 2, &version)) {
		if (!tls_is_grease(version) && is_higher(version, highest, datagram))
			highest = version;
	}
	return (uint16_t)highest;
}

static bool is_hybrid(uint32_t group)
{
	for (uint32_t i = 0; i < sizeof(hybrid_groups) / sizeof(hybrid_groups[0]); i++) {
		if (group == hybrid_groups[i])
			return true;
	}
	return false;
}

static void read_shares(struct span extension, struct tls_client_hello *hello)
{
	struct span list, share;
	uint32_t group;

	if (!cursor_vector(&extension, 2, &list) || extension.len != 0)
		return;
	hello->shares = list;
	while (cursor_number(&list, 2, &group) && cursor_vector(&list, 2, &share)) {
		if (!hello->group && !tls_is_grease(group))
			hello->group = (uint16_t)group;
		hello->shares_hybrid = hello->shares_hybrid || is_hybrid(group);
	}
}

static enum tls_ech read_ech(struct span extension)
{
	struct span suite, key, payload;
	uint32_t type, config;

	if (!cursor_number(&extension, 1, &type))
		return TLS_ECH_WRONG;
	if (type == ECH_INNER)
		return extension.len ? TLS_ECH_WRONG : TLS_ECH_INNER;
	if (type != ECH_OUTER || !cursor_take(&extension, ECH_SUITE_BYTES, &suite) ||
		!cursor_number(&extension, 1, &config) || !cursor_vector(&extension, 2, &key) ||
		!cursor_vector(&extension, 2, &payload))
		return TLS_ECH_WRONG;
	return payload.len && !extension.len ? TLS_ECH_OUTER : TLS_ECH_WRONG;
}

static void read_extension(uint32_t type, struct span extension, struct tls_client_hello *hello)
{
	uint16_t version;

	switch (type) {
	case EXTENSION_SERVER_NAME:
		hello->sni = host_name(extension);
		break;
	case EXTENSION_ALPN:
		read_protocols(extension, hello);
		break;
	case EXTENSION_SUPPORTED_VERSIONS:
		version = highest_version(extension, hello->datagram);
		hello->version = version ? version : hello->version;
		break;
	case EXTENSION_KEY_SHARE:
		read_shares(extension, hello);
		break;
	case EXTENSION_ENCRYPTED_CLIENT_HELLO:
		hello->ech = read_ech(extension);
		break;
	}
}

static bool read_extensions(struct span extensions, struct tls_client_hello *hello)
{
	uint32_t type, server_names = 0;
	struct span body;

	while (extensions.len > 0) {
		if (!cursor_number(&extensions, 2, &type) || !cursor_vector(&extensions, 2, &body))
			return false;
		server_names += type == EXTENSION_SERVER_NAME;
		read_extension(type, body, hello);
	}
	if (server_names > 1)
		hello->sni = (struct span){NULL, 0};
	return true;
}

bool tls_body_read(struct span body, bool datagram, struct tls_client_hello *hello)
{
	struct span random, session_id, cookie, cipher_suites, compression, extensions;
	uint32_t version;

	*hello = (struct tls_client_hello){.body = body, .datagram = datagram};
	if (!cursor_number(&body, 2, &version) || version >> 8 != (datagram ? 0xfe : 3) ||
		!cursor_take(&body, RANDOM_BYTES, &random))
		return false;
	if (!cursor_vector(&body, 1, &session_id) || session_id.len > SESSION_ID_BYTES)
		return false;
	if (datagram && !cursor_vector(&body, 1, &cookie))
		return false;
	if (!cursor_vector(&body, 2, &cipher_suites) || cipher_suites.len < 2 ||
		cipher_suites.len % 2)
		return false;
	if (!cursor_vector(&body, 1, &compression) || compression.len < 1)
		return false;
	hello->legacy_version = hello->version = (uint16_t)version;
	if (body.len == 0) /* TLS 1.2 and before may have no extensions at all */
		return true;
	if (!cursor_vector(&body, 2, &extensions) || body.len != 0)
		return false;
	return read_extensions(extensions, hello);
}

enum finding tls_message_read(struct span message, struct tls_client_hello *hello)
{
	struct span body = {message.data + HANDSHAKE_HEADER_BYTES,
		tls_message_bytes(message) - HANDSHAKE_HEADER_BYTES};

	return tls_body_read(body, false, hello) ? FINDING_IS : FINDING_IS_NOT;
}

enum finding tls_message_parse(struct span message, struct tls_client_hello *hello)
{
	enum finding look = tls_message_look(message);

	if (look != FINDING_IS)
		return look;
	return tls_message_bytes(message) <= message.len ? tls_message_read(message, hello)
							 : FINDING_NOT_YET;
}
