/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/socks.h"

#include <string.h>

enum {
	SOCKS4_FIXED_BYTES = 8, /* version, command, port (2), address (4) */
	SOCKS4_CONNECT = 1,
	SOCKS4_BIND = 2,
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
static bool is_version4(struct span payload)
{
	static const uint8_t zeros[3];
	const uint8_t *address;
	struct span strings;
	uint32_t length;

	if (payload.len <= SOCKS4_FIXED_BYTES)
		return false;
	address = payload.data + 4;
	strings =
		(struct span){payload.data + SOCKS4_FIXED_BYTES, payload.len - SOCKS4_FIXED_BYTES};
	if (payload.data[1] != SOCKS4_CONNECT && payload.data[1] != SOCKS4_BIND)
		return false;
	if (!take_string(&strings, &length))
		return false;
	if (memcmp(address, zeros, sizeof(zeros)) == 0 && address[3] != 0 &&
		(!take_string(&strings, &length) || length == 0))
		return false;
	return strings.len == 0;
}

bool socks_is_greeting(struct span payload)
{
	if (payload.len == 0)
		return false;
	if (payload.data[0] == 5)
		return is_version5(payload);
	return payload.data[0] == 4 && is_version4(payload);
}
