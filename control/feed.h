/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hears of new versions of a lab's rules as soon as they are written: XREAD BLOCK on the log, on a
 * connection of its own. What it says is only that there is something to look at, so nothing
 * depends on no word of it being lost.
 */
#ifndef SLUICE_FEED_H
#define SLUICE_FEED_H

#include "redis_options.h"

struct feed { /* zeroed, it is closed */
	struct redis *redis;
	char log[STORE_KEY_SIZE];
	char last[64]; /* entry of the log */
};

/* Whatever is written after this is heard of. False with *failure set; then it is closed. */
bool feed_open(struct feed *feed, const struct redis_target *target, unsigned wait_ms,
	struct failure *failure);

int feed_fd(const struct feed *feed); /* -1: closed */

/* When feed_fd() is readable. False with *failure set; then it is closed. */
bool feed_hear(struct feed *feed, bool *news, struct failure *failure);

void feed_close(struct feed *feed);

#endif
