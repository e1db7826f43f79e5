/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/wireguard.h"

#include <string.h>

enum {
	INITIATION_BYTES = 148,
	RESPONSE_BYTES = 92,
	COOKIE_BYTES = 64,
	DATA_BYTES = 32,   /* an empty packet: header and tag */
	DATA_PADDING = 16, /* section 5.4.6 */
	INDEX_AT = 4,      /* of the sender in an initiation, of the receiver in what answers it */
	RESPONSE_RECEIVER_AT = 8,
};

static const uint32_t lengths[] = {
	[WIREGUARD_INITIATION] = INITIATION_BYTES,
	[WIREGUARD_RESPONSE] = RESPONSE_BYTES,
	[WIREGUARD_COOKIE] = COOKIE_BYTES,
};

enum wireguard_type wireguard_message(struct span payload)
{
	const uint8_t *data = payload.data;

	if (payload.len < DATA_BYTES || data[1] || data[2] || data[3])
		return WIREGUARD_NONE;
	if (data[0] == WIREGUARD_DATA)
		return payload.len % DATA_PADDING == 0 ? WIREGUARD_DATA : WIREGUARD_NONE;
	if (data[0] < WIREGUARD_INITIATION || data[0] > WIREGUARD_COOKIE)
		return WIREGUARD_NONE;
	return payload.len == lengths[data[0]] ? data[0] : WIREGUARD_NONE;
}

static enum finding begin(struct wireguard *wireguard, struct span payload, int direction)
{
	memcpy(&wireguard->sender, payload.data + INDEX_AT, sizeof(wireguard->sender));
	wireguard->from = (uint8_t)(1 + direction);
	return FINDING_NOT_YET;
}

static bool answers(const struct wireguard *wireguard, struct span payload, uint32_t at)
{
	return memcmp(&wireguard->sender, payload.data + at, sizeof(wireguard->sender)) == 0;
}

static enum finding look(struct wireguard *wireguard, struct span payload, int direction)
{
	enum wireguard_type type = wireguard_message(payload);
	uint32_t at = type == WIREGUARD_RESPONSE ? RESPONSE_RECEIVER_AT : INDEX_AT;

	if (type == WIREGUARD_INITIATION && (!wireguard->from || wireguard->from == 1 + direction))
		return begin(wireguard, payload, direction);
	if (type != WIREGUARD_RESPONSE && type != WIREGUARD_COOKIE)
		return FINDING_IS_NOT;
	if (!wireguard->from || wireguard->from == 1 + direction)
		return FINDING_IS_NOT;
	return answers(wireguard, payload, at) ? FINDING_IS : FINDING_IS_NOT;
}

enum finding wireguard_look(struct wireguard *wireguard, struct span payload, int direction)
{
	enum finding finding = FINDING_IS_NOT;

	if (!wireguard->over)
		finding = look(wireguard, payload, direction);
	wireguard->over = finding == FINDING_IS_NOT;
	return finding;
}
