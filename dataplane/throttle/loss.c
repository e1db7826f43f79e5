/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loss: discards packets by chance, as a lossy path does: each for itself, or in bursts.
 *
 * Bursts are those of Gilbert (1960) and Elliott (1963): a path is good or bad, and before each
 * packet it goes over from good to bad with chance p, from bad to good with chance r. So it is bad
 * for 1 / r packets on average, and for p / (p + r) of all packets; a new path is bad with that
 * chance. Packets that the step does not concern do not count.
 *
 * A packet's draws come from its flow's key and its number in the flow, also where flows share a
 * path.
 */
#include "dataplane/throttle/kinds.h"

#include "dataplane/prng.h"

enum only { ONLY_ALL, ONLY_ACKS };
enum path { PATH_NEW, PATH_GOOD, PATH_BAD };
enum draw { DRAW_LOSS, DRAW_CHANGE, DRAW_BEGIN, DRAWS = 4 };

struct loss {
	uint64_t probability;
	uint64_t p, r;      /* 0: each packet for itself */
	uint64_t good, bad; /* chance of loss */
	uint64_t begins_bad;
	struct throttle_per per;
	uint8_t only; /* enum only */
	uint8_t directions;
};

struct loss_state {
	uint64_t path; /* enum path */
};

_Static_assert(sizeof(struct loss) <= THROTTLE_PARAMS_BYTES, "parameters fit");

static const char *const only_words[] = {"all", "acks", NULL};

static const struct throttle_param words[] = {
	{"probability", "chance that a packet is lost, each for itself", NULL,
		offsetof(struct loss, probability), PARAM_PROBABILITY, false},
	{"p", "chance to go over from the good state to the bad one, before each packet", NULL,
		offsetof(struct loss, p), PARAM_PROBABILITY, false},
	{"r", "chance to go over from the bad state to the good one", NULL,
		offsetof(struct loss, r), PARAM_PROBABILITY, false},
	{"good", "chance that a packet is lost in the good state (default 0)", NULL,
		offsetof(struct loss, good), PARAM_PROBABILITY, false},
	{"bad", "chance that a packet is lost in the bad state (default 1)", NULL,
		offsetof(struct loss, bad), PARAM_PROBABILITY, false},
	{"only",
		"which packets can be lost: all, or TCP acknowledgements that carry nothing else "
		"(acks)",
		only_words, offsetof(struct loss, only), PARAM_CHOICE, false},
	{"direction", "which packets can be lost", NULL, offsetof(struct loss, directions),
		PARAM_DIRECTIONS, false},
	{"per", "who shares a state (default: flow, direction)", NULL, offsetof(struct loss, per),
		PARAM_PER, false},
	{NULL, NULL, NULL, 0, 0, false},
};

static void defaults(void *params)
{
	struct loss *loss = params;

	loss->per = (struct throttle_per){SCOPE_FLOW, true};
	loss->bad = UINT64_MAX;
	loss->directions = DIRECTIONS_BOTH;
}

/* p / (p + r) of 2^64, rounded down. */
static uint64_t share_of_bad(const struct loss *loss)
{
	unsigned __int128 both = (unsigned __int128)loss->p + loss->r;

	return (uint64_t)(((unsigned __int128)loss->p << 63) / both << 1);
}

static const char *prepare(void *params, const char **word)
{
	struct loss *loss = params;

	*word = "probability";
	if (loss->probability && (loss->p || loss->r))
		return "stands beside p and r: each packet for itself (probability), or bursts (p "
		       "and r)";
	if (!loss->probability && !loss->p && !loss->r)
		return "is missing or 0: more than 0, at most 1; or p and r for bursts";
	*word = loss->p ? "r" : "p";
	if (!loss->probability && (!loss->p || !loss->r))
		return "is missing or 0: p and r are both more than 0, at most 1";
	*word = "bad";
	if (!loss->probability && loss->bad < loss->good)
		return "is less than good: the bad state loses more";
	if (loss->p)
		loss->begins_bad = share_of_bad(loss);
	return NULL;
}

static uint64_t draw(const struct throttle_input *packet, enum draw which)
{
	uint64_t position =
		packet->flow_packets[DIRECTION_UP] + packet->flow_packets[DIRECTION_DOWN];

	return prng_draw(packet->key, position * DRAWS + which);
}

/* The path as it is for this packet. */
static enum path advance(
	const struct loss *loss, enum path path, const struct throttle_input *packet)
{
	if (path == PATH_NEW)
		return prng_hits(draw(packet, DRAW_BEGIN), loss->begins_bad) ? PATH_BAD : PATH_GOOD;
	if (prng_hits(draw(packet, DRAW_CHANGE), path == PATH_GOOD ? loss->p : loss->r))
		return path == PATH_GOOD ? PATH_BAD : PATH_GOOD;
	return path;
}

static enum drop_reason apply(
	const void *params, void *memory, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	const struct loss *loss = params;
	struct loss_state *state = memory;
	uint64_t chance = loss->probability;

	(void)leaves_ns;
	if (!(loss->directions & 1 << packet->direction))
		return DROP_NONE;
	if (loss->only == ONLY_ACKS && !packet->pure_ack)
		return DROP_NONE;
	if (loss->p) {
		state->path = advance(loss, state->path, packet);
		chance = state->path == PATH_BAD ? loss->bad : loss->good;
	}
	return prng_hits(draw(packet, DRAW_LOSS), chance) ? DROP_LOSS : DROP_NONE;
}

const struct throttle_kind throttle_loss = {
	.word = "loss",
	.help = "loses packets by chance, each for itself or in bursts (Gilbert-Elliott)",
	.params = words,
	.defaults = defaults,
	.prepare = prepare,
	.per_offset = offsetof(struct loss, per),
	.state_size = sizeof(struct loss_state),
	.apply = apply,
};
