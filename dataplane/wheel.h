/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is held, in the order in which it leaves: the timing wheel of one worker. Time is an
 * argument; what is held are the caller's handles, which the wheel never looks behind.
 *
 * Time is cut into slots of 1,024 ns. A slot is due when it has ended, so nothing leaves early, and
 * nothing later than a slot after its time (plus the caller's own pause between two calls). Slots
 * come out in order, and what is in one slot in the order in which it went in: entries whose times
 * do not run backwards, as those of one flow, stay in order. A time that had passed when it was
 * pushed waits for the slot at hand.
 *
 * One wheel a core and slots of time as in Carousel (SIGCOMM 2017), bitmaps to find the next one as
 * in Eiffel (NSDI 2019). Slots of three levels, 1 us, 1 ms and 1 s, of which the upper ones come
 * down a few entries at a time while the slot before goes by: each level has so few that the ends
 * at which entries are added stay in the cache, however many are held. Entries lie in chunks of
 * nine, chained there and not through the packets, which are cold by then. What is more than 36
 * minutes ahead is put off until it is in reach.
 */
#ifndef SLUICE_WHEEL_H
#define SLUICE_WHEEL_H

#include "dataplane/verdict.h"

#include <stdbool.h>
#include <stdint.h>

struct wheel;

struct wheel_entry {
	uint64_t time_ns; /* at which it leaves */
	uint64_t handle;
	struct held held;
};

enum { WHEEL_SLOT_NS = 1024 };

/* `limit`: most entries at once. Memory is 1.7 MB and 29 bytes an entry, touched as it is used.
 * NULL when it cannot be had. */
struct wheel *wheel_new(uint32_t limit);
void wheel_free(struct wheel *wheel);

/* False when the limit is reached. time_ns: later than the last wheel_pop(), else the entry is due
 * with the slot at hand. O(1). */
bool wheel_push(struct wheel *wheel, uint64_t time_ns, uint64_t handle, struct held held);

/* Takes at most `max` entries that are due at now_ns, which never runs backwards; how many. Must be
 * called (as a poll loop does, also while nothing is held) before the first push at a time. O(1) an
 * entry. */
unsigned wheel_pop(struct wheel *wheel, uint64_t now_ns, struct wheel_entry *due, unsigned max);

/* Nothing is due before that; UINT64_MAX when nothing is held. Exact for the next millisecond,
 * early for what is further away. */
uint64_t wheel_next_ns(const struct wheel *wheel);

uint32_t wheel_count(const struct wheel *wheel);

#endif
