/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a step of `then` begins to act on a flow (`begins: ..`, of every kind): after so many of the
 * flow's packets, bytes, or so long, from the packet that decided the flow's rule, which does not
 * count. Boxes let a few packets pass after a trigger, act 80 to 190 ms late because the verdict is
 * made beside the path, or leave the first megabytes alone. Of two bounds the value is drawn once a
 * flow, evenly.
 */
#ifndef SLUICE_ONSET_H
#define SLUICE_ONSET_H

#include "dataplane/throttle/throttle.h"

enum onset_unit {
	ONSET_AT_ONCE,
	ONSET_PACKETS,
	ONSET_BYTES, /* L3, both directions, as offered */
	ONSET_TIME,  /* ns */
};

struct onset {
	uint64_t least, most;
	uint8_t unit; /* enum onset_unit */
};

/* The step acts on this packet. A flow that pays for another's trigger is past every onset. */
bool onset_reached(const struct onset *onset, const struct throttle_input *packet);

#endif
