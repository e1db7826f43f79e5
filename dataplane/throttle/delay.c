/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * delay: lets packets leave later, by a time that is constant or drawn for each.
 *
 * Draws are cut to [min, max], not repeated: a draw beyond a bound is that bound. Packets of a flow
 * and direction stay in order unless `reorder` says otherwise: one that would overtake leaves
 * together with the one before it, so its delay is then longer than drawn.
 */
#include "dataplane/throttle/kinds.h"

#include "dataplane/distribution.h"
#include "dataplane/prng.h"

enum distribution { CONSTANT, UNIFORM, NORMAL, PARETO };
enum amount { TIME, MIN, MAX, MEAN, DEVIATION, ALPHA, AMOUNTS };

#define NOT_SAID    UINT64_MAX
#define ALPHA_LEAST (10ull * 1000 * 1000)          /* 0.01 */
#define ALPHA_MOST  (1000ull * 1000 * 1000 * 1000) /* 1000 */

struct delay {
	uint64_t amounts[AMOUNTS]; /* ns, but ALPHA 1e-9 */
	uint8_t distribution;      /* enum distribution */
	uint8_t directions;
	uint8_t reorder;
};

struct delay_state {
	uint64_t last_ns[2]; /* when the last packet leaves; by enum direction */
};

_Static_assert(sizeof(struct delay) <= THROTTLE_PARAMS_BYTES, "parameters fit");

static const char *const distribution_words[] = {"constant", "uniform", "normal", "pareto", NULL};
static const char *const bool_words[] = {"false", "true", NULL};

static const struct throttle_param words[] = {
	[TIME] = {"time", "how long (constant)", NULL, offsetof(struct delay, amounts[TIME]),
		PARAM_DURATION, false},
	[MIN] = {"min",
		"shortest delay (uniform, pareto: its scale; normal: draws are cut to it, default "
		"0s)",
		NULL, offsetof(struct delay, amounts[MIN]), PARAM_DURATION, false},
	[MAX] = {"max",
		"longest delay (uniform; normal and pareto: draws are cut to it, default 1h)", NULL,
		offsetof(struct delay, amounts[MAX]), PARAM_DURATION, false},
	[MEAN] = {"mean", "mean before draws are cut (normal)", NULL,
		offsetof(struct delay, amounts[MEAN]), PARAM_DURATION, false},
	[DEVIATION] = {"deviation", "standard deviation before draws are cut (normal)", NULL,
		offsetof(struct delay, amounts[DEVIATION]), PARAM_DURATION, false},
	[ALPHA] = {"alpha",
		"shape: the chance to be f times min or more is f to the power -alpha "
		"(pareto)",
		NULL, offsetof(struct delay, amounts[ALPHA]), PARAM_NUMBER, false},
	{"distribution", "how delays are spread (default constant)", distribution_words,
		offsetof(struct delay, distribution), PARAM_CHOICE, false},
	{"direction", "which packets are delayed", NULL, offsetof(struct delay, directions),
		PARAM_DIRECTIONS, false},
	{"reorder",
		"whether a packet may overtake another of its flow and direction (default "
		"false)",
		bool_words, offsetof(struct delay, reorder), PARAM_CHOICE, false},
	{NULL, NULL, NULL, 0, 0, false},
};

/* Bits of enum amount: what a distribution must be given, and what it may. */
static const struct {
	uint8_t needs, takes;
} rows[] = {
	[CONSTANT] = {1 << TIME, 1 << TIME},
	[UNIFORM] = {1 << MAX, 1 << MIN | 1 << MAX},
	[NORMAL] = {1 << MEAN | 1 << DEVIATION, 1 << MEAN | 1 << DEVIATION | 1 << MIN | 1 << MAX},
	[PARETO] = {1 << MIN | 1 << ALPHA, 1 << MIN | 1 << ALPHA | 1 << MAX},
};

static void defaults(void *params)
{
	struct delay *delay = params;

	for (int i = 0; i < AMOUNTS; i++)
		delay->amounts[i] = NOT_SAID;
	delay->directions = DIRECTIONS_BOTH;
}

static const char *check_amount(const struct delay *delay, enum amount i)
{
	uint64_t amount = delay->amounts[i];

	if (amount == NOT_SAID)
		return rows[delay->distribution].needs >> i & 1
			       ? "is missing: this distribution needs it"
			       : NULL;
	if (!(rows[delay->distribution].takes >> i & 1))
		return "says nothing about this distribution";
	if (i == ALPHA)
		return amount < ALPHA_LEAST || amount > ALPHA_MOST ? "is out of bounds: 0.01 to "
								     "1000"
								   : NULL;
	if (amount > THROTTLE_HOLD_NS_MAX)
		return "is too long: at most 1h";
	if (!amount && (i != MIN || delay->distribution == PARETO))
		return "of 0 is no delay: more than 0";
	return NULL;
}

static const char *prepare(void *params, const char **word)
{
	struct delay *delay = params;
	uint64_t *min = &delay->amounts[MIN], *max = &delay->amounts[MAX];

	for (int i = 0; i < AMOUNTS; i++) {
		const char *wrong = check_amount(delay, i);

		*word = words[i].word;
		if (wrong)
			return wrong;
	}
	if (*min == NOT_SAID)
		*min = 0;
	if (*max == NOT_SAID)
		*max = THROTTLE_HOLD_NS_MAX;
	*word = "max";
	return *max < *min ? "is less than min" : NULL;
}

static uint64_t cut(const struct delay *delay, __int128 drawn_ns)
{
	if (drawn_ns < delay->amounts[MIN])
		return delay->amounts[MIN];
	return drawn_ns > delay->amounts[MAX] ? delay->amounts[MAX] : (uint64_t)drawn_ns;
}

static uint64_t draw_ns(const struct delay *delay, const struct throttle_input *packet)
{
	const uint64_t *amounts = delay->amounts;
	uint64_t position =
		packet->flow_packets[DIRECTION_UP] + packet->flow_packets[DIRECTION_DOWN];
	uint64_t draw = prng_draw(packet->key, position * 2);
	int64_t normal;

	switch (delay->distribution) {
	case UNIFORM:
		return distribution_uniform(draw, amounts[MIN], amounts[MAX]);
	case NORMAL:
		normal = distribution_normal(draw, prng_draw(packet->key, position * 2 + 1));
		return cut(delay,
			(__int128)amounts[MEAN] + ((__int128)amounts[DEVIATION] * normal >> 32));
	case PARETO:
		return distribution_pareto(draw, amounts[MIN], amounts[ALPHA], amounts[MAX]);
	default:
		return amounts[TIME];
	}
}

static enum drop_reason apply(
	const void *params, void *memory, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	const struct delay *delay = params;
	struct delay_state *state = memory;
	uint64_t *last_ns = &state->last_ns[packet->direction];

	if (!(delay->directions & 1 << packet->direction))
		return DROP_NONE;
	*leaves_ns = packet->now_ns + draw_ns(delay, packet);
	if (!delay->reorder && *leaves_ns < *last_ns)
		*leaves_ns = *last_ns;
	*last_ns = *leaves_ns;
	return DROP_NONE;
}

const struct throttle_kind throttle_delay = {
	.word = "delay",
	.help = "lets packets leave later",
	.params = words,
	.defaults = defaults,
	.prepare = prepare,
	.per_offset = -1,
	.state_size = sizeof(struct delay_state),
	.apply = apply,
};
