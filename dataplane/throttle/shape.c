/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shape: a token bucket that lets what does not conform wait, in order, until it does.
 *
 * The bucket of police.c, whose debt may exceed its depth: what is beyond the depth is what has
 * been taken on and not earned yet, and a packet leaves when the debt that it leaves behind has
 * drained to the depth. So no packet has to be looked at again: when it leaves is known when it
 * comes. Debt is exact (1e-9 bit); only the time of leaving is rounded, up to the next nanosecond,
 * and that rounding is not carried on.
 *
 * The queue is what is beyond the depth: the bytes that wait, less what has been earned for the
 * first of them. A packet is dropped when with it there were more bytes than may wait (first), or
 * when it would wait longer than it may. A packet longer than the bucket waits until all of it has
 * been earned.
 *
 * Packets of flows that share a bucket may come with times that run backwards a little: the
 * bucket's time stands still then, and the longest wait still holds for each packet's own time.
 * When the rule changed and its flows were kept, what waits leaves when it was told to, and the new
 * parameters hold for what comes after it.
 */
#include "dataplane/throttle/kinds.h"

#define DEBT_PER_BYTE (8ull * 1000 * 1000 * 1000)
#define BYTES_MAX     1000000000ull /* of burst and of queue: a debt of both fits 64 bits */
#define DEFAULT_NS    (200ull * 1000 * 1000)
#define DEFAULT_FULL  10 /* full packets */

struct shape {
	uint64_t rate;  /* bit/s */
	uint64_t burst; /* bytes */
	struct throttle_queue queue;
	struct throttle_per per;
	uint8_t count;     /* enum count_layer */
	uint64_t limit;    /* debt of an empty bucket with nothing waiting */
	uint64_t ceiling;  /* and with a full queue */
	uint64_t drain_ns; /* time in which that drains, rounded up */
};

struct shape_state {
	uint64_t debt;
	uint64_t time_ns;
};

_Static_assert(sizeof(struct shape) <= THROTTLE_PARAMS_BYTES, "parameters fit");
_Static_assert(sizeof(struct shape_state) <= THROTTLE_SHARED_BYTES, "workers can share it");

static const struct throttle_param words[] = {
	{"rate", "bits a second that leave in the long run", NULL, offsetof(struct shape, rate),
		PARAM_RATE, true},
	{"burst", "depth of the bucket: what may leave at once", NULL,
		offsetof(struct shape, burst), PARAM_BYTES, true},
	{"queue",
		"what may wait: bytes, a duration or one of each (default: what the rate sends in "
		"200ms, at least ten full packets)",
		NULL, offsetof(struct shape, queue), PARAM_QUEUE, false},
	{"count", "which bytes are counted: the frame (l2), the IP packet (l3) or the payload",
		count_layer_words, offsetof(struct shape, count), PARAM_CHOICE, true},
	{"per", "who shares a bucket", NULL, offsetof(struct shape, per), PARAM_PER, false},
	{NULL, NULL, NULL, 0, 0, false},
};

static void defaults(void *params)
{
	struct shape *shape = params;

	shape->per.scope = SCOPE_FLOW;
}

static const char *check_burst(const struct shape *shape)
{
	if (shape->burst < count_layer_full[shape->count])
		return "is smaller than one full packet: at least 1518B (l2), 1500B (l3) or "
		       "1460B (payload)";
	return shape->burst > BYTES_MAX ? "is too large: at most 1GB" : NULL;
}

static const char *check_queue(const struct shape *shape)
{
	const struct throttle_queue *queue = &shape->queue;
	uint64_t full = count_layer_full[shape->count];
	/* Capped, so that it fits: 400e9 bit/s * 3600e9 ns do not. */
	unsigned __int128 earned = (unsigned __int128)shape->rate * queue->time_ns;

	if (queue->bytes && queue->bytes < full)
		return "is smaller than one full packet: at least 1518B (l2), 1500B (l3) or "
		       "1460B (payload)";
	if (queue->bytes > BYTES_MAX)
		return "is too large: at most 1GB";
	if (queue->time_ns > THROTTLE_HOLD_NS_MAX)
		return "is too long: at most 1h";
	if (queue->time_ns && earned < full * DEBT_PER_BYTE)
		return "is shorter than one full packet takes at this rate";
	if (queue->time_ns && !queue->bytes && earned > BYTES_MAX * DEBT_PER_BYTE)
		return "holds more than 1GB at this rate: a shorter time, or bytes beside it";
	return NULL;
}

/* What was not said. */
static void complete_queue(struct shape *shape)
{
	struct throttle_queue *queue = &shape->queue;
	uint64_t least = DEFAULT_FULL * count_layer_full[shape->count];

	if (!queue->bytes && queue->time_ns) {
		queue->bytes = BYTES_MAX; /* never reached before the time is */
	} else if (!queue->bytes) {
		queue->bytes = shape->rate / 8 * (DEFAULT_NS / 1000000) / 1000;
		if (queue->bytes < least)
			queue->bytes = least;
		if (queue->bytes > BYTES_MAX)
			queue->bytes = BYTES_MAX;
	}
	if (!queue->time_ns)
		queue->time_ns = THROTTLE_HOLD_NS_MAX;
}

static const char *prepare(void *params, const char **word)
{
	struct shape *shape = params;
	const char *wrong;

	*word = "burst";
	wrong = check_burst(shape);
	if (wrong)
		return wrong;
	*word = "queue";
	wrong = check_queue(shape);
	if (wrong)
		return wrong;
	complete_queue(shape);
	shape->limit = shape->burst * DEBT_PER_BYTE;
	shape->ceiling = shape->limit + shape->queue.bytes * DEBT_PER_BYTE;
	shape->drain_ns = (shape->ceiling + shape->rate - 1) / shape->rate;
	return NULL;
}

/* Brings the bucket to the packet's time: the debt then. */
static uint64_t drain(
	const struct shape *shape, struct shape_state *state, const struct throttle_input *packet)
{
	uint64_t elapsed = packet->now_ns < state->time_ns ? 0 : packet->now_ns - state->time_ns;
	uint64_t drained = elapsed < shape->drain_ns ? elapsed * shape->rate : shape->ceiling;
	uint64_t owed = state->debt < shape->ceiling ? state->debt : shape->ceiling;

	state->debt = owed > drained ? owed - drained : 0;
	state->time_ns += elapsed;
	return state->debt;
}

static enum drop_reason apply(
	const void *params, void *memory, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	const struct shape *shape = params;
	struct shape_state *state = memory;
	uint64_t debt = drain(shape, state, packet), wait_ns;
	uint64_t behind_ns = state->time_ns - packet->now_ns;
	uint32_t bytes = packet->bytes[shape->count];

	if (bytes > shape->burst + shape->queue.bytes ||
		bytes * DEBT_PER_BYTE > shape->ceiling - debt)
		return DROP_SHAPE_BYTES;
	debt += bytes * DEBT_PER_BYTE;
	if (debt > shape->limit) {
		wait_ns = (debt - shape->limit + shape->rate - 1) / shape->rate + behind_ns;
		if (wait_ns > shape->queue.time_ns)
			return DROP_SHAPE_TIME;
		*leaves_ns = packet->now_ns + wait_ns;
	}
	state->debt = debt;
	return DROP_NONE;
}

const struct throttle_kind throttle_shape = {
	.word = "shape",
	.help = "delays what exceeds a rate, in a queue (token bucket)",
	.params = words,
	.defaults = defaults,
	.prepare = prepare,
	.per_offset = offsetof(struct shape, per),
	.state_size = sizeof(struct shape_state),
	.apply = apply,
};
