/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/quic_frames.h"

#include "classifiers/cursor.h"

enum {
	PADDING = 0x00,
	PING = 0x01,
	ACK = 0x02,
	ACK_ECN = 0x03,
	CRYPTO = 0x06,
	CONNECTION_CLOSE = 0x1c,
	LATE_PING = 0x07,
	LATE_CRYPTO = 0x08,
	LATE_ACK = 0x40, /* 01ntllmm: more blocks, -, lengths of largest acked and of blocks */
	LATE_ACK_MASK = 0xc0,
	LATE_ACK_BLOCKS = 0x20,
};

static bool skip_numbers(struct span *frames, uint64_t count)
{
	uint64_t unused;

	while (count--) {
		if (!quic_take_number(frames, &unused))
			return false;
	}
	return true;
}

static bool skip_bytes(struct span *frames, uint64_t count)
{
	struct span skipped;

	return count <= frames->len && cursor_take(frames, (uint32_t)count, &skipped);
}

/* Every range takes at least two bytes, so the loop ends with the packet. */
static bool skip_ack(struct span *frames, bool ecn)
{
	uint64_t ranges;

	return skip_numbers(frames, 2) && quic_take_number(frames, &ranges) &&
	       skip_numbers(frames, 1) && ranges <= frames->len / 2 &&
	       skip_numbers(frames, 2 * ranges) && (!ecn || skip_numbers(frames, 3));
}

static bool skip_close(struct span *frames)
{
	uint64_t reason;

	return skip_numbers(frames, 2) && quic_take_number(frames, &reason) &&
	       skip_bytes(frames, reason);
}

/* Largest acked, delay of two bytes, first block, no time stamps. */
static bool skip_late_ack(struct span *frames, uint32_t type)
{
	static const uint8_t lengths[] = {1, 2, 4, 6};
	uint32_t stamps;

	return !(type & LATE_ACK_BLOCKS) &&
	       skip_bytes(frames, lengths[type >> 2 & 3] + 2u + lengths[type & 3]) &&
	       cursor_number(frames, 1, &stamps) && !stamps;
}

static bool skip_late(struct span *frames, uint32_t type)
{
	if (type == PADDING || type == LATE_PING)
		return true;
	return (type & LATE_ACK_MASK) == LATE_ACK && skip_late_ack(frames, type);
}

static bool skip(struct span *frames, uint32_t type)
{
	switch (type) {
	case PADDING:
	case PING:
		return true;
	case ACK:
	case ACK_ECN:
		return skip_ack(frames, type == ACK_ECN);
	case CONNECTION_CLOSE:
		return skip_close(frames);
	}
	return false;
}

bool quic_crypto_take(
	struct span *frames, const struct quic_version *version, struct quic_crypto *crypto)
{
	bool late = version->shape == QUIC_SHAPE_LATE;
	uint64_t length;
	uint32_t type;

	while (cursor_number(frames, 1, &type)) {
		if (type == (late ? LATE_CRYPTO : CRYPTO))
			return quic_take_number(frames, &crypto->offset) &&
			       quic_take_number(frames, &length) && length <= frames->len &&
			       cursor_take(frames, (uint32_t)length, &crypto->data);
		if (!(late ? skip_late(frames, type) : skip(frames, type)))
			return false;
	}
	return false;
}
