/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rst: answers packets of a flow with TCP resets, to one end or both, as if they came from the
 * other one. The packet itself goes on to the next step. A packet with RST is never answered.
 */
#include "dataplane/throttle/kinds.h"

#include "dataplane/reset.h"

#define NUMBER_UNIT 1000000000ull /* of PARAM_NUMBER */

enum { COUNT_USUAL = 1, TTL_MAX = 255, WINDOW_MAX = UINT16_MAX };

static const char *const to_words[] = {"both", "client", "server", NULL};
static const char *const sequence_words[] = {"exact", "spread", NULL};
static const char *const flags_words[] = {"rst-ack", "rst", NULL};

static const struct throttle_param words[] = {
	{"to", "which ends get them (default both)", to_words, offsetof(struct reset, to),
		PARAM_CHOICE, false},
	{"count", "how many each end gets (default 1)", NULL, offsetof(struct reset, count),
		PARAM_NUMBER, false},
	{"direction", "which packets are answered", NULL, offsetof(struct reset, directions),
		PARAM_DIRECTIONS, false},
	{"answers", "packets that are answered, from and with the one that decided (default: all)",
		NULL, offsetof(struct reset, answers), PARAM_PACKETS, false},
	{"flags", "flags that they have (default rst-ack)", flags_words,
		offsetof(struct reset, bare), PARAM_CHOICE, false},
	{"sequence",
		"their numbers: all follow what was sent (exact), or the second is 1460 and the "
		"third 4380 on (spread)",
		sequence_words, offsetof(struct reset, sequence), PARAM_CHOICE, false},
	{"ttl", "TTL of the first (default: of the packet answered)", NULL,
		offsetof(struct reset, ttl), PARAM_NUMBER, false},
	{"ttl_step", "so much more for each after it", NULL, offsetof(struct reset, ttl_step),
		PARAM_NUMBER, false},
	{"window", "window of the first (default 0)", NULL, offsetof(struct reset, window),
		PARAM_NUMBER, false},
	{"window_step", "so much more for each after it", NULL, offsetof(struct reset, window_step),
		PARAM_NUMBER, false},
	{"delay", "how long after the packet they leave (default 0s)", NULL,
		offsetof(struct reset, delay_ns), PARAM_DURATION, false},
	{NULL, NULL, NULL, 0, 0, false},
};

static void defaults(void *params)
{
	struct reset *reset = params;

	reset->way = RESET_BESIDE;
	reset->count = COUNT_USUAL * NUMBER_UNIT;
	reset->directions = DIRECTIONS_BOTH;
}

/* From billionths, as numbers are written, to whole ones. */
static bool make_whole(uint64_t *number, uint64_t least, uint64_t most)
{
	if (*number % NUMBER_UNIT)
		return false;
	*number /= NUMBER_UNIT;
	return *number >= least && *number <= most;
}

static const char *prepare(void *params, const char **word)
{
	struct reset *reset = params;

	*word = "count";
	if (!make_whole(&reset->count, 1, RESETS_MAX))
		return "is not a whole number from 1 to 16";
	*word = "sequence";
	if (reset->sequence == RESET_SPREAD && reset->count > 3)
		return "spread has places for three: count is at most 3 then";
	*word = "ttl";
	if (!make_whole(&reset->ttl, 0, TTL_MAX))
		return "is not a whole number from 0 to 255";
	*word = "ttl_step";
	if (!make_whole(&reset->ttl_step, 0, TTL_MAX))
		return "is not a whole number from 0 to 255";
	if (reset->ttl_step && !reset->ttl)
		return "needs ttl, of the first one";
	*word = "window";
	if (!make_whole(&reset->window, 0, WINDOW_MAX))
		return "is not a whole number from 0 to 65535";
	*word = "window_step";
	if (!make_whole(&reset->window_step, 0, WINDOW_MAX))
		return "is not a whole number from 0 to 65535";
	*word = "delay";
	return reset->delay_ns > THROTTLE_HOLD_NS_MAX ? "is too long: at most 1h" : NULL;
}

static bool makes(const void *params, const struct throttle_input *packet)
{
	const struct reset *reset = params;

	return packet->tcp_flags && !packet->reset && reset->directions >> packet->direction & 1 &&
	       (!reset->answers || packet->packets_since_decision <= reset->answers);
}

static enum drop_reason apply(
	const void *params, void *state, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	return DROP_NONE;
}

const struct throttle_kind throttle_rst = {
	.word = "rst",
	.help = "answers packets with TCP resets",
	.params = words,
	.defaults = defaults,
	.prepare = prepare,
	.per_offset = -1,
	.state_size = 0,
	.apply = apply,
	.makes = makes,
};
