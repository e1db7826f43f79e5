/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * WireGuard by what its handshake cannot hide: type, three reserved zeros, length, and the sender's
 * index that comes back as the receiver's (Donenfeld, "WireGuard: Next Generation Kernel Network
 * Tunnel", section 5.4). Certain at the second datagram.
 */
#ifndef SLUICE_WIREGUARD_H
#define SLUICE_WIREGUARD_H

#include "span.h"

#include <stdbool.h>

enum wireguard_type {
	WIREGUARD_NONE, /* not a message of WireGuard */
	WIREGUARD_INITIATION,
	WIREGUARD_RESPONSE,
	WIREGUARD_COOKIE,
	WIREGUARD_DATA,
};

/* By type, reserved bytes and length alone. */
enum wireguard_type wireguard_message(struct span payload);

/* What is kept of a flow; zeroed at first. */
struct wireguard {
	uint32_t sender; /* index in the last initiation, as it stands there */
	uint8_t from;    /* 1 + direction of that initiation, 0 none yet */
	bool over;       /* it is not */
};

/*
 * One datagram; `direction` is 0 or 1. FINDING_NOT_YET after an initiation (a repeated one too),
 * FINDING_IS with the response or the cookie that answers it. FINDING_IS_NOT is final: a flow that
 * begins with anything else, also with data of a session under way.
 */
enum finding wireguard_look(struct wireguard *wireguard, struct span payload, int direction);

#endif
