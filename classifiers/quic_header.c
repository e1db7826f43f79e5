/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/quic_header.h"

#include "classifiers/cursor.h"

#include <stddef.h>

enum {
	LONG_HEADER = 0x80,
	FIXED_BIT = 0x40,
	VERSION_BYTES = 4,
	PUBLIC_VERSION = 0x01, /* Google's public flags */
	PUBLIC_RESET = 0x02,
	PUBLIC_ID = 0x08,
	PUBLIC_ID_BYTES = 8,
};

#define GOOGLE(letter, number) \
	((uint32_t)(letter) << 24 | 0x303030u | (number) / 10 << 8 | (number) % 10)

/*
 * RFC 9000 section 15, RFC 9369 section 3, drafts of draft-ietf-quic-transport (0xff0000nn), as
 * Facebook's mvfst and Google's Chromium number their own. Drafts before 22 had other headers.
 */
static const struct quic_version versions[] = {
	{0x00000001, 0x00000001, QUIC_SALT_V1, QUIC_SHAPE_IETF, 0, false},
	{0x6b3343cf, 0x6b3343cf, QUIC_SALT_V2, QUIC_SHAPE_IETF, 1, false},
	{0xff000016, 0xff000016, QUIC_SALT_DRAFT_22, QUIC_SHAPE_IETF, 0, false},
	{0xff000017, 0xff00001c, QUIC_SALT_DRAFT_23, QUIC_SHAPE_IETF, 0, false},
	{0xff00001d, 0xff000020, QUIC_SALT_DRAFT_29, QUIC_SHAPE_IETF, 0, false},
	{0xff000021, 0xff000022, QUIC_SALT_V1, QUIC_SHAPE_IETF, 0, false},
	{0xfaceb001, 0xfaceb001, QUIC_SALT_DRAFT_22, QUIC_SHAPE_IETF, 0, false},
	{0xfaceb002, 0xfaceb002, QUIC_SALT_DRAFT_23, QUIC_SHAPE_IETF, 0, false},
	{0xfaceb00e, 0xfaceb00e, QUIC_SALT_DRAFT_23, QUIC_SHAPE_IETF, 0, false},
	{0xfaceb000, 0xfaceb00f, QUIC_SALT_NONE, QUIC_SHAPE_IETF, 0, false},
	{GOOGLE('T', 50), GOOGLE('T', 50), QUIC_SALT_T050, QUIC_SHAPE_LATE, 0, false},
	{GOOGLE('T', 51), GOOGLE('T', 51), QUIC_SALT_T051, QUIC_SHAPE_LATE, 0, false},
	{GOOGLE('Q', 50), GOOGLE('Q', 50), QUIC_SALT_Q050, QUIC_SHAPE_LATE, 0, true},
	{GOOGLE('Q', 46), GOOGLE('Q', 46), QUIC_SALT_NONE, QUIC_SHAPE_Q046, 0, true},
	{GOOGLE('Q', 40), GOOGLE('Q', 43), QUIC_SALT_NONE, QUIC_SHAPE_PUBLIC, 0, true},
	{GOOGLE('Q', 30), GOOGLE('Q', 39), QUIC_SALT_NONE, QUIC_SHAPE_PUBLIC, 0, true},
	{GOOGLE('Q', 24), GOOGLE('Q', 29), QUIC_SALT_NONE, QUIC_SHAPE_PUBLIC, 0, true},
};

const struct quic_version *quic_version_of(uint32_t number)
{
	for (uint32_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (number >= versions[i].first && number <= versions[i].last)
			return &versions[i];
	}
	return NULL;
}

/* Lengths in QUIC have up to 62 bits. */
static bool take_long(struct span *from, uint64_t count, struct span *taken)
{
	return count <= from->len && cursor_take(from, (uint32_t)count, taken);
}

bool quic_take_number(struct span *from, uint64_t *number)
{
	struct span bytes;

	if (!from->len || !cursor_take(from, 1u << (from->data[0] >> 6), &bytes))
		return false;
	*number = bytes.data[0] & 0x3f;
	for (uint32_t i = 1; i < bytes.len; i++)
		*number = *number << 8 | bytes.data[i];
	return true;
}

static bool take_id(struct span *from, uint32_t most, struct span *id)
{
	return cursor_vector(from, 1, id) && id->len <= most;
}

/* `rest` begins after the connection ids of a packet whose type is set. */
static bool find_end(struct span *rest, struct quic_packet *packet)
{
	const uint8_t *start = packet->whole.data;
	struct span skipped;
	uint64_t length;

	if (packet->type == QUIC_RETRY)
		return cursor_take(rest, rest->len, &skipped);
	if (packet->type == QUIC_INITIAL &&
		(!quic_take_number(rest, &length) || !take_long(rest, length, &skipped)))
		return false;
	if (!quic_take_number(rest, &length))
		return false;
	packet->number_at = (uint32_t)(rest->data - start);
	return take_long(rest, length, &skipped);
}

static bool take_negotiation(struct span *rest, struct quic_packet *packet)
{
	struct span offered;

	packet->type = QUIC_VERSION_NEGOTIATION;
	return take_id(rest, UINT8_MAX, &packet->dcid) && take_id(rest, UINT8_MAX, &packet->scid) &&
	       rest->len >= VERSION_BYTES && rest->len % VERSION_BYTES == 0 &&
	       cursor_take(rest, rest->len, &offered);
}

static bool take_known(struct span *rest, struct quic_packet *packet)
{
	uint8_t first = packet->whole.data[0];

	if (!(first & FIXED_BIT))
		return false;
	packet->type = ((first >> 4) - packet->version->initial_type) & 3;
	return take_id(rest, QUIC_CID_BYTES, &packet->dcid) &&
	       take_id(rest, QUIC_CID_BYTES, &packet->scid) && find_end(rest, packet);
}

bool quic_packet_take(struct span *datagram, struct quic_packet *packet)
{
	struct span rest = *datagram, start;
	uint32_t number;
	bool good;

	if (!cursor_take(&rest, 1 + VERSION_BYTES, &start) || !(start.data[0] & LONG_HEADER))
		return false;
	number = cursor_value(start.data + 1, VERSION_BYTES);
	*packet = (struct quic_packet){.version = quic_version_of(number), .whole = *datagram};
	if (!number)
		good = take_negotiation(&rest, packet);
	else
		good = packet->version && packet->version->shape <= QUIC_SHAPE_LATE &&
		       take_known(&rest, packet);
	if (!good)
		return false;
	packet->whole.len = (uint32_t)(rest.data - packet->whole.data);
	*datagram = rest;
	return true;
}

uint32_t quic_version_in(struct span datagram)
{
	const uint8_t *byte = datagram.data;
	const struct quic_version *version;
	uint32_t number;

	if (datagram.len < 1 + VERSION_BYTES)
		return 0;
	if (byte[0] & LONG_HEADER)
		return cursor_value(byte + 1, VERSION_BYTES);
	if ((byte[0] & (FIXED_BIT | PUBLIC_VERSION | PUBLIC_RESET | PUBLIC_ID)) !=
			(PUBLIC_VERSION | PUBLIC_ID) ||
		datagram.len < 1 + PUBLIC_ID_BYTES + VERSION_BYTES)
		return 0;
	number = cursor_value(byte + 1 + PUBLIC_ID_BYTES, VERSION_BYTES);
	version = quic_version_of(number);
	return version && version->shape == QUIC_SHAPE_PUBLIC ? number : 0;
}
