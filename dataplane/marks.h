/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a box remembers beyond its flows: that something is so until some time. A tag of 64 bits
 * says what (whoever makes tags keeps them apart), and it has one value, the time in ns at which it
 * is over.
 *
 * All workers of a box meet here without a lock, as in shared.h: tag and value are swapped as a
 * whole. The room is bounded. A tag has eight places, in two cache lines; when all are taken by
 * others, the one that is over first gives way. So the hash of tags decides who does, and it is the
 * same in every run.
 */
#ifndef SLUICE_MARKS_H
#define SLUICE_MARKS_H

#include <stdbool.h>
#include <stdint.h>

struct marks;

/* Room for 4 * `lines` marks (a power of two): address space, touched as it is used. NULL when it
 * cannot be had. */
struct marks *marks_new(uint32_t lines);
void marks_free(struct marks *marks); /* NULL is fine */

/* When it is over; 0: there is none, or it is over at now_ns. */
uint64_t marks_until(const struct marks *marks, uint64_t tag, uint64_t now_ns);

/* From now on over at until_ns. False when another that is not over had to give way. */
bool marks_set(struct marks *marks, uint64_t tag, uint64_t until_ns, uint64_t now_ns);

/* Over now. */
void marks_clear(struct marks *marks, uint64_t tag);

#endif
