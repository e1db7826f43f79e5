/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of STUN (RFC 8489, 5389, and the classic RFC 3489) and of TURN (RFC 8656), which is STUN
 * with methods of its own.
 */
#ifndef SLUICE_STUN_H
#define SLUICE_STUN_H

#include "span.h"

#include <stdbool.h>

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };

enum stun_method {
	STUN_BINDING = 1,
	STUN_SHARED_SECRET = 2, /* RFC 3489 */
	STUN_ALLOCATE = 3,      /* from here RFC 8656 section 17 */
	STUN_REFRESH = 4,
	STUN_SEND = 6,
	STUN_DATA = 7,
	STUN_CREATE_PERMISSION = 8,
	STUN_CHANNEL_BIND = 9,
};

struct stun_message {
	uint16_t method; /* 12 bits; enum stun_method or another */
	uint8_t class;   /* enum stun_class */
	bool cookie;     /* the magic cookie is there: RFC 5389 and later */
	bool fingerprint;
	uint16_t attributes; /* how many */
};

/*
 * One datagram. FINDING_IS: its length is the one that the header states and attributes fill it
 * exactly; without the magic cookie also a method of RFC 3489. FINGERPRINT must be the last
 * attribute; its value is not checked. Never FINDING_NOT_YET.
 */
enum finding stun_message_parse(struct span payload, struct stun_message *message);

/* ChannelData of TURN (RFC 8656 section 12.4): a channel number and the length of what follows,
 * which may be padded to 4 bytes. It proves nothing by itself. */
bool stun_is_channel_data(struct span payload);

#endif
