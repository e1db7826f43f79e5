/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rewrite: lets a packet of TCP go on as something else: without its payload, and with the flags
 * RST and ACK. What came is counted as dropped (rewrite), what goes on in its place as made. A
 * packet that has RST already goes on as it is, and so does what is not TCP.
 */
#include "dataplane/throttle/kinds.h"

#include "dataplane/reset.h"

static const char *const to_words[] = {"rst-ack", NULL};

static const struct throttle_param words[] = {
	{"to", "what becomes of them: no payload, the flags RST and ACK (rst-ack)", to_words,
		offsetof(struct reset, bare), PARAM_CHOICE, true},
	{"direction", "which packets are rewritten", NULL, offsetof(struct reset, directions),
		PARAM_DIRECTIONS, false},
	{NULL, NULL, NULL, 0, 0, false},
};

static void defaults(void *params)
{
	struct reset *reset = params;

	reset->way = RESET_IN_PLACE;
	reset->count = 1;
	reset->directions = DIRECTIONS_BOTH;
}

static bool makes(const void *params, const struct throttle_input *packet)
{
	const struct reset *reset = params;

	return packet->tcp_flags && !packet->reset && reset->directions >> packet->direction & 1;
}

static enum drop_reason apply(
	const void *params, void *state, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	return makes(params, packet) ? DROP_REWRITE : DROP_NONE;
}

const struct throttle_kind throttle_rewrite = {
	.word = "rewrite",
	.help = "lets packets go on as TCP resets",
	.params = words,
	.defaults = defaults,
	.per_offset = -1,
	.state_size = 0,
	.apply = apply,
	.makes = makes,
};
