/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * freeze: lets the first packets or bytes of a flow through and nothing after them. Nothing is
 * sent to either end: the connection just stops.
 *
 * What is counted is counted from the flow's first packet, also before the rule was decided.
 */
#include "dataplane/throttle/kinds.h"

#include "dataplane/prng.h"

struct freeze {
	struct throttle_amount after;
	uint64_t probability;
	uint8_t count;   /* enum count_layer, l3 or payload; only for bytes */
	uint8_t counted; /* DIRECTIONS_ bits */
	uint8_t drops;
};

static const struct throttle_param words[] = {
	{"after",
		"packets or bytes of the flow, as offered, that pass; the packet that crosses a "
		"byte "
		"limit still passes",
		NULL, offsetof(struct freeze, after), PARAM_AMOUNT, true},
	{"count", "which bytes are counted: the IP packet (l3) or the payload", count_layer_words,
		offsetof(struct freeze, count), PARAM_CHOICE, false},
	{"direction", "which packets are counted", NULL, offsetof(struct freeze, counted),
		PARAM_DIRECTIONS, false},
	{"drops", "which packets are dropped then", NULL, offsetof(struct freeze, drops),
		PARAM_DIRECTIONS, false},
	{"probability", "share of flows that are acted on", NULL,
		offsetof(struct freeze, probability), PARAM_PROBABILITY, false},
	{NULL, NULL, NULL, 0, 0, false},
};

static void defaults(void *params)
{
	struct freeze *freeze = params;

	freeze->count = COUNT_LAYERS;
	freeze->counted = DIRECTIONS_BOTH;
	freeze->drops = DIRECTIONS_BOTH;
	freeze->probability = UINT64_MAX;
}

static const char *prepare(void *params, const char **word)
{
	struct freeze *freeze = params;

	*word = "after";
	if (!freeze->after.value)
		return "lets nothing pass: at least 1 packet or 1B (use drop instead)";
	*word = "count";
	if (!freeze->after.packets && freeze->count == COUNT_LAYERS)
		return "is missing: say which bytes, l3 or payload";
	if (!freeze->after.packets && freeze->count == COUNT_L2)
		return "l2 is not counted here: l3 or payload";
	*word = "probability";
	return freeze->probability ? NULL : "of 0 never acts: more than 0, at most 1";
}

/* What passed before this packet. */
static uint64_t counted_before(const struct freeze *freeze, const struct throttle_input *packet)
{
	const uint64_t *total = freeze->after.packets       ? packet->flow_packets
				: freeze->count == COUNT_L3 ? packet->flow_l3_bytes
							    : packet->flow_payload_bytes;
	uint64_t this = freeze->after.packets ? 1 : packet->bytes[freeze->count];
	uint64_t sum = 0;

	for (int direction = DIRECTION_UP; direction <= DIRECTION_DOWN; direction++) {
		if (freeze->counted & 1 << direction)
			sum += total[direction];
	}
	return freeze->counted & 1 << packet->direction ? sum - this : sum;
}

static bool due(const void *params, const struct throttle_input *packet)
{
	const struct freeze *freeze = params;

	return freeze->drops >> packet->direction & 1 &&
	       counted_before(freeze, packet) >= freeze->after.value;
}

static enum drop_reason apply(
	const void *params, void *state, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	const struct freeze *freeze = params;

	return due(params, packet) && prng_hits(prng_draw(packet->key, 0), freeze->probability)
		       ? DROP_FREEZE
		       : DROP_NONE;
}

const struct throttle_kind throttle_freeze = {
	.word = "freeze",
	.help = "lets a flow's first packets or bytes pass, then nothing",
	.params = words,
	.defaults = defaults,
	.prepare = prepare,
	.per_offset = -1,
	.state_size = 0,
	.apply = apply,
	.due = due,
};
