/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/openvpn.h"

#include "classifiers/cursor.h"

#include <string.h>

enum {
	OPCODE_BITS = 0xf8, /* the rest is the key's number */
	HEAD_BYTES = 1 + OPENVPN_SESSION_BYTES,
	PREFIX_BYTES = 2,
	ACKS_MAX = 8,
	/* Between head and acknowledgements with tls-auth: HMAC (up to SHA-512), number, time. */
	AUTH_BYTES = 64 + 8,
};

/* First bytes of resets, with key number 0. */
enum {
	CLIENT_V1 = 1 << 3,
	SERVER_V1 = 2 << 3,
	CLIENT_V2 = 7 << 3,
	SERVER_V2 = 8 << 3,
	CLIENT_V3 = 10 << 3,
};

static bool is_client_reset(uint8_t byte)
{
	return byte == CLIENT_V1 || byte == CLIENT_V2 || byte == CLIENT_V3;
}

/* The session that is acknowledged stands behind `count` numbers of 4 bytes and their count. */
static bool is_acknowledged(struct span message, uint32_t at)
{
	for (uint32_t count = 1; count <= ACKS_MAX && at >= HEAD_BYTES + 1 + 4 * count; count++)
		if (message.data[at - 1 - 4 * count] == count)
			return true;
	return false;
}

static bool names_session(const struct openvpn *openvpn, struct span message)
{
	const uint32_t last = HEAD_BYTES + AUTH_BYTES + 1 + 4 * ACKS_MAX;

	if (message.data[0] != SERVER_V1 && message.data[0] != SERVER_V2)
		return false;
	for (uint32_t at = HEAD_BYTES; at <= last && at + OPENVPN_SESSION_BYTES <= message.len;
		at++) {
		if (memcmp(message.data + at, openvpn->session, OPENVPN_SESSION_BYTES) == 0 &&
			is_acknowledged(message, at))
			return true;
	}
	return false;
}

/* The first message of a direction. */
static enum finding begin(struct openvpn *openvpn, struct span message, int direction)
{
	uint8_t opcode = message.data[0] & OPCODE_BITS;

	openvpn->began[direction] = true;
	openvpn->reset[direction] = opcode;
	if (!openvpn->began[!direction]) {
		openvpn->began_plain = is_client_reset(message.data[0]);
		if (message.len >= HEAD_BYTES)
			memcpy(openvpn->session, message.data + 1, OPENVPN_SESSION_BYTES);
		return FINDING_NOT_YET;
	}
	if (openvpn->reset[!direction] == opcode)
		return FINDING_IS_NOT;
	return openvpn->began_plain && names_session(openvpn, message) ? FINDING_IS
								       : FINDING_NOT_YET;
}

/* False: one opcode too many. */
static bool note_other(struct openvpn *openvpn, uint8_t opcode)
{
	if (memchr(openvpn->others, opcode, openvpn->other_count))
		return true;
	if (openvpn->other_count == OPENVPN_OTHERS_MAX)
		return false;
	openvpn->others[openvpn->other_count++] = opcode;
	return true;
}

static enum finding go_on(struct openvpn *openvpn, uint8_t opcode, int direction)
{
	if (opcode == openvpn->reset[direction])
		return openvpn->other_count ? FINDING_IS_NOT : FINDING_NOT_YET;
	if (!openvpn->began[!direction] || opcode == openvpn->reset[!direction])
		return FINDING_IS_NOT;
	return note_other(openvpn, opcode) ? FINDING_NOT_YET : FINDING_IS_NOT;
}

/* `message`: as much of it as is here, at least one byte. */
static enum finding read_message(struct openvpn *openvpn, struct span message, int direction)
{
	enum finding finding;

	openvpn->messages++;
	if (!openvpn->began[direction])
		finding = begin(openvpn, message, direction);
	else
		finding = go_on(openvpn, message.data[0] & OPCODE_BITS, direction);
	if (finding != FINDING_NOT_YET || openvpn->messages < OPENVPN_MESSAGES)
		return finding;
	return openvpn->other_count >= OPENVPN_OTHERS_MIN ? FINDING_IS : FINDING_IS_NOT;
}

static enum finding ended(struct openvpn *openvpn, enum finding finding)
{
	openvpn->over = finding == FINDING_IS_NOT;
	return finding;
}

enum finding openvpn_look(struct openvpn *openvpn, struct span payload, int direction)
{
	if (openvpn->over || payload.len < OPENVPN_MESSAGE_MIN)
		return ended(openvpn, FINDING_IS_NOT);
	return ended(openvpn, read_message(openvpn, payload, direction));
}

static enum finding read_stream(struct openvpn *openvpn, struct span rest, int direction)
{
	enum finding finding = FINDING_NOT_YET;

	while (rest.len && finding == FINDING_NOT_YET) {
		uint32_t bytes, here;

		if (!cursor_number(&rest, PREFIX_BYTES, &bytes) || rest.len == 0)
			return FINDING_IS_NOT;
		if (bytes < OPENVPN_MESSAGE_MIN || bytes > OPENVPN_STREAM_MESSAGE_MAX)
			return FINDING_IS_NOT;
		here = bytes < rest.len ? bytes : rest.len;
		finding = read_message(openvpn, (struct span){rest.data, here}, direction);
		openvpn->next_seq[direction] += PREFIX_BYTES + bytes;
		rest.data += here;
		rest.len -= here;
	}
	return finding;
}

enum finding openvpn_look_stream(
	struct openvpn *openvpn, uint32_t seq, struct span payload, int direction)
{
	uint32_t ahead;

	if (openvpn->over)
		return FINDING_IS_NOT;
	if (!openvpn->began[direction])
		openvpn->next_seq[direction] = seq;
	ahead = openvpn->next_seq[direction] - seq;
	if (ahead >> 31)
		return ended(openvpn, FINDING_IS_NOT);
	if (ahead >= payload.len) /* within a message, or seen before */
		return FINDING_NOT_YET;
	payload.data += ahead;
	payload.len -= ahead;
	return ended(openvpn, read_stream(openvpn, payload, direction));
}

bool openvpn_is_likely(const struct openvpn *openvpn)
{
	return !openvpn->over && openvpn->other_count;
}
