/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/socks.h"

#include <string.h>

enum {
	SOCKS4_FIXED_BYTES = 8, /* version, command, port (2), address (4) */
	SOCKS4_CONNECT = 1,
	SOCKS4_BIND = 2,
	SOCKS5_FIXED_BYTES = 4, /* version, command, zero, address type */
	SOCKS5_ASSOCIATE = 3,   /* the last command */
	SOCKS5_DOMAIN = 3,
	PORT_BYTES = 2,
	SIGN_IN = 1, /* version of the dialogue of RFC 1929 */
};

enum stage {
	NOTHING,
	ASKED4,  /* version 4: the client has asked */
	GREETED, /* version 5: the client has named its methods */
	CHOSEN,  /* the server has chosen one, or has let the client in */
	SIGNING_IN,
	OVER,
};

/* RFC 1928 section 3: version, number of methods, that many methods. */
static bool is_version5(struct span payload)
{
	return payload.len >= 3 && payload.len == 2u + payload.data[1];
}

/* Takes a string and its terminating zero off the front. */
static bool take_string(struct span *from, uint32_t *length)
{
	const uint8_t *zero = from->len ? memchr(from->data, 0, from->len) : NULL;

	if (!zero)
		return false;
	*length = (uint32_t)(zero - from->data);
	from->data += *length + 1;
	from->len -= *length + 1;
	return true;
}

/* An address 0.0.0.x with x not zero says that a domain name follows the user id (4a). */
static bool is_version4(struct span payload, struct span *target)
{
	static const uint8_t zeros[3];
	const uint8_t *address;
	struct span strings;
	uint32_t length;

	*target = (struct span){0};
	if (payload.len <= SOCKS4_FIXED_BYTES)
		return false;
	address = payload.data + 4;
	strings =
		(struct span){payload.data + SOCKS4_FIXED_BYTES, payload.len - SOCKS4_FIXED_BYTES};
	if (payload.data[1] != SOCKS4_CONNECT && payload.data[1] != SOCKS4_BIND)
		return false;
	if (!take_string(&strings, &length))
		return false;
	if (memcmp(address, zeros, sizeof(zeros)) != 0 || address[3] == 0)
		return strings.len == 0;
	target->data = strings.data;
	if (!take_string(&strings, &target->len))
		return false;
	return target->len > 0 && strings.len == 0;
}

bool socks_is_greeting(struct span payload)
{
	struct span unused;

	if (payload.len == 0)
		return false;
	if (payload.data[0] == 5)
		return is_version5(payload);
	return payload.data[0] == 4 && is_version4(payload, &unused);
}

/* RFC 1928 section 4: version, command, zero, address type, address, port, and nothing more. */
static bool is_request(struct span payload, struct span *target)
{
	static const uint8_t address_bytes[] = {[1] = 4, [4] = 16};
	const uint8_t *data = payload.data;

	*target = (struct span){0};
	if (payload.len < SOCKS5_FIXED_BYTES + 1 || data[0] != 5 || data[2] != 0)
		return false;
	if (data[1] < 1 || data[1] > SOCKS5_ASSOCIATE)
		return false;
	if (data[3] == SOCKS5_DOMAIN)
		*target = (struct span){data + SOCKS5_FIXED_BYTES + 1, data[SOCKS5_FIXED_BYTES]};
	if (target->len)
		return payload.len == SOCKS5_FIXED_BYTES + 1 + target->len + PORT_BYTES;
	return data[3] < sizeof(address_bytes) && address_bytes[data[3]] &&
	       payload.len == (uint32_t)SOCKS5_FIXED_BYTES + address_bytes[data[3]] + PORT_BYTES;
}

static enum finding look_begin(struct socks *socks, struct span payload, struct span *target)
{
	if (!socks_is_greeting(payload))
		return FINDING_IS_NOT;
	socks->stage = payload.data[0] == 5 ? GREETED : ASKED4;
	if (socks->stage == ASKED4 && is_version4(payload, target) && target->len)
		return FINDING_IS;
	return FINDING_NOT_YET;
}

/* The server's choice of a method; RFC 1929 has the client say who it is before it asks. */
static enum finding look_answer(struct socks *socks, struct span payload)
{
	uint8_t version = socks->stage == GREETED ? 5 : SIGN_IN;

	if (socks->stage == ASKED4)
		return payload.len == SOCKS4_FIXED_BYTES && payload.data[0] == 0 &&
				       payload.data[1] >= 0x5a && payload.data[1] <= 0x5d
			       ? FINDING_IS
			       : FINDING_IS_NOT;
	if (socks->stage == CHOSEN || payload.len != 2 || payload.data[0] != version)
		return FINDING_IS_NOT;
	socks->stage = CHOSEN;
	return FINDING_NOT_YET;
}

static enum finding look_request(struct socks *socks, struct span payload, struct span *target)
{
	if (socks->stage == CHOSEN && is_request(payload, target))
		return FINDING_IS;
	if (socks->stage != CHOSEN || payload.data[0] != SIGN_IN)
		return FINDING_IS_NOT;
	socks->stage = SIGNING_IN;
	return FINDING_NOT_YET;
}

enum finding socks_look(
	struct socks *socks, struct span payload, bool from_client, struct span *target)
{
	enum finding finding = FINDING_IS_NOT;

	*target = (struct span){0};
	if (payload.len == 0 || socks->stage == OVER)
		return FINDING_IS_NOT;
	if (socks->stage == NOTHING && from_client)
		finding = look_begin(socks, payload, target);
	else if (socks->stage != NOTHING && !from_client)
		finding = look_answer(socks, payload);
	else if (socks->stage != NOTHING)
		finding = look_request(socks, payload, target);
	if (finding != FINDING_NOT_YET)
		socks->stage = OVER;
	return finding;
}
