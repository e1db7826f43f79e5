/* SPDX-License-Identifier: BSD-3-Clause */
/* drop: discards packets of a flow, at once or after some, all of them or by chance. */
#include "dataplane/throttle/kinds.h"

#include "dataplane/prng.h"

enum draw_for { DRAW_FOR_PACKET, DRAW_FOR_FLOW };

struct drop {
	uint64_t after;
	uint64_t probability;
	uint8_t directions;
	uint8_t draw_for;
};

static const char *const draw_words[] = {"packet", "flow", NULL};

static const struct throttle_param words[] = {
	{"after",
		"packets that still pass, from and with the packet that decided the rule "
		"(default: none, that packet is dropped too)",
		NULL, offsetof(struct drop, after), PARAM_PACKETS, false},
	{"direction", "which packets are dropped", NULL, offsetof(struct drop, directions),
		PARAM_DIRECTIONS, false},
	{"probability", "chance that one is dropped", NULL, offsetof(struct drop, probability),
		PARAM_PROBABILITY, false},
	{"per", "whether chance is drawn for each packet or once for a flow", draw_words,
		offsetof(struct drop, draw_for), PARAM_CHOICE, false},
	{NULL, NULL, NULL, 0, 0, false},
};

static void defaults(void *params)
{
	struct drop *drop = params;

	drop->directions = DIRECTIONS_BOTH;
	drop->probability = UINT64_MAX;
	drop->draw_for = DRAW_FOR_PACKET;
}

static const char *prepare(void *params, const char **word)
{
	const struct drop *drop = params;

	*word = "probability";
	return drop->probability ? NULL : "of 0 never drops anything: more than 0, at most 1";
}

static enum drop_reason apply(
	const void *params, void *state, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	const struct drop *drop = params;
	uint64_t position =
		packet->flow_packets[DIRECTION_UP] + packet->flow_packets[DIRECTION_DOWN];

	(void)state;
	if (!(drop->directions & 1 << packet->direction))
		return DROP_NONE;
	if (!packet->penalised && packet->packets_since_decision <= drop->after)
		return DROP_NONE;
	if (drop->draw_for == DRAW_FOR_FLOW)
		position = 0;
	return prng_hits(prng_draw(packet->key, position), drop->probability) ? DROP_DROP
									      : DROP_NONE;
}

const struct throttle_kind throttle_drop = {
	.word = "drop",
	.help = "discards packets",
	.params = words,
	.defaults = defaults,
	.prepare = prepare,
	.per_offset = -1,
	.state_size = 0,
	.apply = apply,
};
