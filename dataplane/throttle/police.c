/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * police: a token bucket that drops what does not conform.
 *
 * The bucket is kept as what is missing from it. Its unit is 1e-9 bit: a debt of
 * bytes * 8e9 drains by dt_ns * rate_bit_per_s. All of it is integer arithmetic on the caller's
 * nanoseconds, so nothing is ever rounded and the long-run rate is the configured one. A debt of
 * zero is a full bucket, so fresh (zeroed) state starts full.
 *
 * Time since the last packet is compared with the time that empties any debt before it is
 * multiplied: at 40 Gbit/s the product would overflow after half a second of silence otherwise.
 *
 * Flows that share a bucket may come with times that run backwards a little: the bucket's own time
 * stands still then. A debt left by a deeper bucket (the rule changed) is an empty bucket's.
 */
#include "dataplane/throttle/kinds.h"

#define DEBT_PER_BYTE (8ull * 1000 * 1000 * 1000)

struct police {
	uint64_t rate;  /* bit/s */
	uint64_t burst; /* bytes */
	struct throttle_per per;
	uint8_t count;     /* enum count_layer */
	uint64_t limit;    /* debt of an empty bucket */
	uint64_t drain_ns; /* time in which an empty bucket fills, rounded up */
};

struct police_state {
	uint64_t debt;
	uint64_t time_ns;
};

_Static_assert(sizeof(struct police) <= THROTTLE_PARAMS_BYTES, "parameters fit");

static const struct throttle_param words[] = {
	{"rate", "bits a second that conform in the long run", NULL, offsetof(struct police, rate),
		PARAM_RATE, true},
	{"burst", "depth of the bucket", NULL, offsetof(struct police, burst), PARAM_BYTES, true},
	{"count", "which bytes are counted: the frame (l2), the IP packet (l3) or the payload",
		count_layer_words, offsetof(struct police, count), PARAM_CHOICE, true},
	{"per", "who shares a bucket", NULL, offsetof(struct police, per), PARAM_PER, false},
	{NULL, NULL, NULL, 0, 0, false},
};

static void defaults(void *params)
{
	struct police *police = params;

	police->per.scope = SCOPE_FLOW;
}

static const char *prepare(void *params, const char **word)
{
	struct police *police = params;

	*word = "burst";
	if (police->burst < count_layer_full[police->count])
		return "is smaller than one full packet: at least 1518B (l2), 1500B (l3) or "
		       "1460B (payload)";
	if (police->burst > 1000000000)
		return "is too large: at most 1GB";
	police->limit = police->burst * DEBT_PER_BYTE;
	police->drain_ns = (police->limit + police->rate - 1) / police->rate;
	return NULL;
}

static enum drop_reason apply(
	const void *params, void *memory, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	const struct police *police = params;
	struct police_state *state = memory;
	uint64_t elapsed = packet->now_ns < state->time_ns ? 0 : packet->now_ns - state->time_ns;
	uint32_t bytes = packet->bytes[police->count];
	uint64_t need = bytes * DEBT_PER_BYTE; /* wraps for lengths beyond any burst only */
	uint64_t drained = elapsed < police->drain_ns ? elapsed * police->rate : police->limit;
	uint64_t owed = state->debt < police->limit ? state->debt : police->limit;
	uint64_t debt = owed > drained ? owed - drained : 0;
	bool conforms = bytes <= police->burst && debt + need <= police->limit;

	state->debt = conforms ? debt + need : debt;
	state->time_ns += elapsed;
	return conforms ? DROP_NONE : DROP_POLICE;
}

const struct throttle_kind throttle_police = {
	.word = "police",
	.help = "drops what exceeds a rate (token bucket)",
	.params = words,
	.defaults = defaults,
	.prepare = prepare,
	.per_offset = offsetof(struct police, per),
	.state_size = sizeof(struct police_state),
	.apply = apply,
};
