/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often something was seen of late, for many things at once: a tag of 64 bits says what
 * (whoever makes tags keeps them apart), and the times of its last few sights are kept.
 *
 * All workers of a box meet here without a lock. The room is bounded: a tag has eight places, and
 * when all are taken by others, the one whose sights are all too old first gives way. So the hash
 * of tags decides who does, and it is the same in every run.
 */
#ifndef SLUICE_RECENT_H
#define SLUICE_RECENT_H

#include <stdbool.h>
#include <stdint.h>

enum { RECENT_OVER_MAX = 29 };

/* More than `over` sights (1 to RECENT_OVER_MAX) within a span of time; the same for one tag
 * always. */
struct recent_limit {
	uint64_t within_ns;
	uint32_t over;
};

struct recent;

/* Room for 4 * `lines` tags (a power of two): address space, touched as it is used. NULL when it
 * cannot be had. */
struct recent *recent_new(uint32_t lines);
void recent_free(struct recent *recent); /* NULL is fine */

/* The tag is seen now. True when it was seen more often than `over`, this one included, in less
 * than within_ns. *evicted: a tag that still counted had to give way. */
bool recent_see(struct recent *recent, uint64_t tag, const struct recent_limit *limit,
	uint64_t now_ns, bool *evicted);

#endif
