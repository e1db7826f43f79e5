/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that a playback holds, in the order in which they leave: by time, then by their number in
 * the input. Copies, as the chunk that a packet came in goes round; as many as the playback's limit
 * of held packets allows.
 */
#ifndef SLUICE_DEPARTURES_H
#define SLUICE_DEPARTURES_H

#include "classifiers/packet.h"
#include "dataplane/verdict.h"

#include <stdbool.h>
#include <stdint.h>

struct departure {
	struct verdict verdict; /* leaves_ns: when */
	uint64_t index;         /* packet.index */
	uint64_t turn;          /* of those alike in both: first come, first gone */
	uint32_t bytes;         /* as they are counted: L3, or the frame's */
	uint32_t captured, wire;
	uint8_t interface; /* number in the output captures */
	bool made;         /* by the box, in answer to packet `index`: counted nowhere */
	uint8_t frame[];   /* captured bytes, none when frames are not kept */
};

struct departures;

/* `frames`: keep them. NULL when memory is gone. */
struct departures *departures_new(bool frames);
void departures_free(struct departures *departures); /* with all that is held; NULL is fine */

/* False when memory is gone. O(log held). */
bool departures_hold(struct departures *departures, const struct packet *packet,
	const struct verdict *verdict, uint32_t bytes, uint8_t interface);

/* A frame that the box makes in answer to a packet (verdict->reset) and that leaves at leaves_ns.
 */
bool departures_make(struct departures *departures, const struct packet *packet, uint64_t leaves_ns,
	const uint8_t *frame, uint32_t bytes, uint8_t interface);

/* The next one that leaves at now_ns or before; NULL: none. The caller frees it. O(log held). */
struct departure *departures_next(struct departures *departures, uint64_t now_ns);

#endif
