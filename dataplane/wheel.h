/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is held, in the order in which it leaves: the timing wheel of one worker. Time is an
 * argument; what is held are the caller's handles, which the wheel never looks behind.
 *
 * Time is cut into slots of 1,024 ns. A slot is due when it has ended, so nothing leaves early, and
 * nothing later than a slot after its time (plus the caller's own pause between two calls). Entries
 * come out in the exact order of their times, those of one time in the order in which they went in
 * (unless one of them went in more than 68 s ahead). A time that had passed when it was pushed
 * waits for the slot at hand.
 *
 * Two levels, as in Carousel (SIGCOMM 2017) with the bitmaps of Eiffel (NSDI 2019): the slots of
 * the next 67 to 134 ms, and turns of 67 ms to 68.6 s ahead; what is later still is put off until
 * it is in reach. A turn's entries move to their slots a few at a time while the turn before it
 * goes by. Entries are cells of a pool of the wheel's own, two to a cache line, chained there and
 * not through the packets, which are cold by then.
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

/* `limit`: most entries at once. Memory is 1.1 MB and 32 bytes an entry, touched as it is used.
 * NULL when it cannot be had. */
struct wheel *wheel_new(uint32_t limit);
void wheel_free(struct wheel *wheel);

/* False when the limit is reached. time_ns: later than the last wheel_pop(), else the entry is due
 * with the slot at hand. O(1). */
bool wheel_push(struct wheel *wheel, uint64_t time_ns, uint64_t handle, struct held held);

/* Takes at most `max` entries that are due at now_ns, which never runs backwards; how many. Must be
 * called (as a poll loop does, also while nothing is held) before the first push at a time. O(1) an
 * entry; entries of one slot are sorted. */
unsigned wheel_pop(struct wheel *wheel, uint64_t now_ns, struct wheel_entry *due, unsigned max);

/* Nothing is due before that; UINT64_MAX when nothing is held. May be up to 67 ms early, never
 * late. */
uint64_t wheel_next_ns(const struct wheel *wheel);

uint32_t wheel_count(const struct wheel *wheel);

#endif
