/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/onset.h"

#include "dataplane/prng.h"

/* No packet of a flow has this number, so it is no other draw's. */
#define DRAW_ONSET UINT64_MAX

/* From both bounds, both included, without the bias of a remainder. */
static uint64_t drawn(const struct onset *onset, uint64_t key)
{
	uint64_t span = onset->most - onset->least;

	if (!span)
		return onset->least;
	return onset->least +
	       (uint64_t)(((unsigned __int128)prng_draw(key, DRAW_ONSET) * (span + 1)) >> 64);
}

/* What came after the packet that decided, and before this one. */
static uint64_t passed(const struct onset *onset, const struct throttle_input *packet)
{
	switch (onset->unit) {
	case ONSET_PACKETS:
		return packet->packets_since_decision < 2 ? 0 : packet->packets_since_decision - 2;
	case ONSET_BYTES:
		return packet->bytes_since_decision;
	default:
		return packet->ns_since_decision;
	}
}

bool onset_reached(const struct onset *onset, const struct throttle_input *packet)
{
	if (onset->unit == ONSET_AT_ONCE || packet->penalised)
		return true;
	if (packet->packets_since_decision == 1)
		return false;
	return passed(onset, packet) >= drawn(onset, packet->key);
}
