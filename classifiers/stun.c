/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/stun.h"

#include "classifiers/cursor.h"

enum {
	TRANSACTION_BYTES = 12, /* after the cookie */
	COOKIE = 0x2112a442,
	FINGERPRINT = 0x8028,
	ALIGNMENT = 4,
	CHANNEL_FIRST = 0x4000,
	CHANNEL_LAST = 0x4fff,
};

/* RFC 8489 section 5: the class is bits 4 and 8 of the type, the method is the others. */
static void read_type(uint32_t type, struct stun_message *message)
{
	message->class = (uint8_t)((type >> 4 & 1) | (type >> 7 & 2));
	message->method = (uint16_t)((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
}

static bool take_header(struct span *from, struct stun_message *message)
{
	uint32_t type, length, cookie;
	struct span transaction;

	if (!cursor_number(from, 2, &type) || !cursor_number(from, 2, &length) ||
		!cursor_number(from, 4, &cookie) ||
		!cursor_take(from, TRANSACTION_BYTES, &transaction))
		return false;
	if (type >> 14 || length % ALIGNMENT || length != from->len)
		return false;
	read_type(type, message);
	message->cookie = cookie == COOKIE;
	return message->cookie || message->method == STUN_BINDING ||
	       message->method == STUN_SHARED_SECRET;
}

static bool take_attribute(struct span *from, uint32_t *type)
{
	struct span value, padding;

	return cursor_number(from, 2, type) && cursor_vector(from, 2, &value) &&
	       cursor_take(from, -value.len % ALIGNMENT, &padding);
}

enum finding stun_message_parse(struct span payload, struct stun_message *message)
{
	uint32_t type;

	*message = (struct stun_message){0};
	if (!take_header(&payload, message))
		return FINDING_IS_NOT;
	while (payload.len) {
		if (message->fingerprint || !take_attribute(&payload, &type))
			return FINDING_IS_NOT;
		message->attributes++;
		message->fingerprint = type == FINGERPRINT;
	}
	return FINDING_IS;
}

bool stun_is_channel_data(struct span payload)
{
	uint32_t channel, length;

	if (!cursor_number(&payload, 2, &channel) || !cursor_number(&payload, 2, &length))
		return false;
	if (channel < CHANNEL_FIRST || channel > CHANNEL_LAST || length > payload.len)
		return false;
	return payload.len - length < ALIGNMENT;
}
