/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/quic_google.h"

#include "classifiers/cursor.h"

#include <stddef.h>
#include <string.h>

enum {
	PUBLIC_ID_BYTES = 8,
	VERSION_BYTES = 4,
	Q046_NUMBER_MASK = 3, /* in the first byte: length of the packet number less one */
	HASH_BYTES = 12,      /* FNV-1a before the frames */
	STREAM = 0x80,        /* frame type 1fdooossB: fin, has a length, offset and id lengths */
	STREAM_HAS_LENGTH = 0x20,
	CRYPTO_STREAM = 1,
	CHLO_HEADER_BYTES = 8, /* "CHLO", number of tags, padding */
	CHLO_ENTRY_BYTES = 8,  /* tag, end of its value */
	CHLO_TAGS = 128,       /* at most, as in Chromium */
};

#define VERSION_Q033 0x51303333u
#define VERSION_Q039 0x51303339u

static uint32_t little_endian(const uint8_t *bytes, uint32_t count)
{
	uint32_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

enum finding quic_chlo_read(struct span message, struct span *sni)
{
	uint32_t tags, values, begin = 0, end;

	*sni = (struct span){NULL, 0};
	if (memcmp(message.data, "CHLO", message.len < 4 ? message.len : 4) != 0)
		return FINDING_IS_NOT;
	if (message.len < CHLO_HEADER_BYTES)
		return FINDING_NOT_YET;
	tags = little_endian(message.data + 4, 2);
	values = CHLO_HEADER_BYTES + CHLO_ENTRY_BYTES * tags;
	if (tags > CHLO_TAGS)
		return FINDING_IS_NOT;
	if (message.len < values)
		return FINDING_NOT_YET;
	for (uint32_t i = 0; i < tags; i++, begin = end) {
		const uint8_t *entry = message.data + CHLO_HEADER_BYTES + CHLO_ENTRY_BYTES * i;

		end = little_endian(entry + 4, 4);
		if (end < begin)
			return FINDING_IS_NOT;
		if (end > message.len - values)
			return FINDING_NOT_YET;
		if (!memcmp(entry, "SNI", 4))
			*sni = (struct span){message.data + values + begin, end - begin};
	}
	return FINDING_IS;
}

/* Cuts what is before the frames; `number` is the version in the header. */
static bool take_public_header(struct span *packet, uint32_t number)
{
	static const uint8_t number_bytes[] = {1, 2, 4, 6};
	uint8_t flags = packet->data[0];
	struct span header;

	return cursor_take(packet,
		1 + PUBLIC_ID_BYTES + VERSION_BYTES + number_bytes[flags >> 4 & 3] + HASH_BYTES +
			(number <= VERSION_Q033), /* private flags */
		&header);
}

static bool take_q046_header(struct span *packet)
{
	uint32_t first = packet->data[0], lengths, ids = 0;
	struct span header;

	if (!cursor_take(packet, 1 + VERSION_BYTES, &header) || !cursor_number(packet, 1, &lengths))
		return false;
	for (uint32_t length = lengths; length; length >>= 4)
		ids += length & 0xf ? (length & 0xf) + 3 : 0;
	return cursor_take(packet, ids + (first & Q046_NUMBER_MASK) + 1 + HASH_BYTES, &header);
}

/* The data of the frame of the crypto stream that the packet begins with, after padding. */
static bool take_stream(struct span frames, uint32_t number, struct span *data)
{
	uint32_t type = 0, id, bytes, offset_bytes;
	struct span offset, length;

	while (!type) {
		if (!cursor_number(&frames, 1, &type))
			return false;
	}
	if (!(type & STREAM) || !cursor_number(&frames, (type & 3) + 1, &id))
		return false;
	offset_bytes = type >> 2 & 7;
	offset_bytes += offset_bytes > 0;
	/* Stream ids were in the other order once, but this one has a byte in practice. */
	if (id != CRYPTO_STREAM || !cursor_take(&frames, offset_bytes, &offset))
		return false;
	for (uint32_t i = 0; i < offset.len; i++) {
		if (offset.data[i])
			return false;
	}
	*data = frames;
	if (!(type & STREAM_HAS_LENGTH))
		return true;
	if (!cursor_take(&frames, 2, &length))
		return false;
	bytes = number < VERSION_Q039 ? little_endian(length.data, 2)
				      : cursor_value(length.data, 2);
	return cursor_take(&frames, bytes, data);
}

enum finding quic_google_read(struct span datagram, struct span *sni)
{
	uint32_t number = quic_version_in(datagram);
	const struct quic_version *version = quic_version_of(number);
	struct span rest = datagram, data;
	bool good;

	*sni = (struct span){NULL, 0};
	if (!version || version->shape < QUIC_SHAPE_Q046)
		return FINDING_IS_NOT;
	if (version->shape == QUIC_SHAPE_Q046)
		good = take_q046_header(&rest);
	else
		good = take_public_header(&rest, number);
	if (!good || !take_stream(rest, number, &data))
		return FINDING_NOT_YET;
	return quic_chlo_read(data, sni) == FINDING_IS ? FINDING_IS : FINDING_NOT_YET;
}
