/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a Redis is, as a user writes it:
 *
 *   redis://[USER@]HOST[:PORT][/DATABASE]     TCP; an IPv6 address in brackets; port 6379
 *   rediss://[USER@]HOST[:PORT][/DATABASE]    the same within TLS
 *   unix://[USER@]/PATH[?db=DATABASE]         a socket
 *
 * Passwords have no place here, since command lines are for everybody to see.
 */
#ifndef SLUICE_REDIS_ADDRESS_H
#define SLUICE_REDIS_ADDRESS_H

#include "failure.h"

#include <stdbool.h>
#include <stdint.h>

enum { REDIS_HOST_SIZE = 256, REDIS_PATH_SIZE = 108, REDIS_USER_SIZE = 64 };

struct redis_address {
	char host[REDIS_HOST_SIZE]; /* "" for a socket */
	char path[REDIS_PATH_SIZE]; /* of the socket */
	char user[REDIS_USER_SIZE]; /* "": the default user */
	uint16_t port;
	uint16_t database;
	bool tls;
};

/* False with *failure set. */
bool redis_address_parse(const char *text, struct redis_address *address, struct failure *failure);

#endif
