/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SOCKS: version 4 and 4a (the original protocol memo), version 5 (RFC 1928), up to the target that
 * the client asks for.
 */
#ifndef SLUICE_SOCKS_H
#define SLUICE_SOCKS_H

#include "span.h"

#include <stdbool.h>

/* A whole greeting: version 5 with exactly its list of methods, or a version 4 CONNECT or BIND
 * that ends with its terminating zero. */
bool socks_is_greeting(struct span payload);

/* What is kept of a connection; zeroed at first. */
struct socks {
	uint8_t stage; /* of the dialogue, see socks.c */
};

/*
 * One segment with payload, each a whole message. FINDING_IS when the dialogue has shown itself: a
 * version 4a request with its name, the reply to another version 4 request, the request that
 * follows a version 5 greeting and the server's choice. *target is the name that is asked for,
 * empty for an address. FINDING_IS_NOT is final.
 */
enum finding socks_look(
	struct socks *socks, struct span payload, bool from_client, struct span *target);

#endif
