/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of an actor that move bulk, and what is measured of them. */
#include "control/virtual/actor.h"
#include "control/virtual/hello.h"
#include "control/virtual/quic_seal.h"

#include "dataplane/prng.h"

#include <string.h>

#define STALL_NS 60000000000ull
#define UDP_RATE 10000000ull /* bit/s */
#define SETTLE   0.2         /* of the bytes do not count for the goodput */

enum { DATAGRAM_BYTES = 1200, UDP_HEADERS = 28 };

static uint64_t now(const struct actor *actor)
{
	return agenda_now(actor->setup.agenda);
}

/* Directions of a verb: bit 0 the client sends, bit 1 the server. */
static unsigned senders(enum script_verb verb)
{
	static const uint8_t of[SCRIPT_VERBS] = {
		[SCRIPT_DOWNLOAD] = 2,
		[SCRIPT_UPLOAD] = 1,
		[SCRIPT_EXCHANGE] = 3,
		[SCRIPT_UDP_DOWNLOAD] = 2,
		[SCRIPT_UDP_UPLOAD] = 1,
		[SCRIPT_QUIC_DOWNLOAD] = 2,
		[SCRIPT_QUIC_UPLOAD] = 1,
	};

	return of[verb];
}

static bool is_open_loop(const struct script_step *step)
{
	return step->verb == SCRIPT_UDP_DOWNLOAD || step->verb == SCRIPT_UDP_UPLOAD;
}

static bool is_quic(const struct script_step *step)
{
	return step->verb == SCRIPT_QUIC_DOWNLOAD || step->verb == SCRIPT_QUIC_UPLOAD;
}

/* The end that gets what `side` sends. */
static struct connection_end *getter(struct actor *actor, int side)
{
	return &actor->connection->ends[!side];
}

static uint64_t got_of(struct connection_end *end)
{
	return connection_got(end) - end->before;
}

/* Results */

/* From the reading at which a fifth was there to the last one; what stopped goes on stopping. */
static double goodput_of(const struct connection_end *end, uint64_t end_ns, bool complete)
{
	const struct reading *first = end->readings, *last;
	uint64_t until_ns;

	if (!end->reading_count)
		return 0;
	last = &end->readings[end->reading_count - 1];
	while (first < last && (double)first->bytes < SETTLE * (double)last->bytes)
		first++;
	until_ns = complete ? last->time_ns : end_ns;
	if (until_ns <= first->time_ns)
		return 0;
	return (double)(last->bytes - first->bytes) * 8e9 / (double)(until_ns - first->time_ns);
}

static uint64_t last_reading_ns(struct actor *actor)
{
	uint64_t last_ns = actor->last.begin_ns;

	for (int side = 0; side < 2; side++) {
		const struct connection_end *end = getter(actor, side);
		size_t count = end->reading_count;

		if (actor->last.sides[side] && count && end->readings[count - 1].time_ns > last_ns)
			last_ns = end->readings[count - 1].time_ns;
	}
	return last_ns;
}

/* Nothing came for the last minute; of what is sent at a steady rate, for the last tenth of it. */
static bool is_frozen(struct actor *actor, bool complete)
{
	uint64_t took_ns = actor->written_ns - actor->last.begin_ns;

	if (!actor->last.open_loop || !actor->written_ns)
		return !complete;
	return last_reading_ns(actor) < actor->written_ns - took_ns / 10;
}

void actor_transfer_ends(struct actor *actor, bool complete)
{
	struct outcome *outcome = &actor->last;

	outcome->transfer = true;
	outcome->open_loop = is_open_loop(actor_step(actor));
	for (int side = 0; side < 2; side++)
		outcome->sides[side] = senders(actor_step(actor)->verb) >> side & 1;
	outcome->frozen = is_frozen(actor, complete);
	for (int side = 0; side < 2; side++) {
		struct connection_end *end = getter(actor, side);

		if (!outcome->sides[side])
			continue;
		outcome->arrived[side] = got_of(end);
		outcome->goodput[side] = goodput_of(
			end, now(actor), complete || (outcome->open_loop && !outcome->frozen));
	}
	actor_over(actor, complete);
	outcome->end_ns = complete ? last_reading_ns(actor) : now(actor);
	actor->transfer = *outcome;
}

/* Progress */

static bool is_there(struct actor *actor)
{
	for (int side = 0; side < 2; side++) {
		if ((senders(actor_step(actor)->verb) >> side & 1) &&
			(actor->left[side] || got_of(getter(actor, side)) < actor->goals[side]))
			return false;
	}
	return true;
}

static bool look_at_progress(struct actor *actor)
{
	uint64_t progress = got_of(getter(actor, 0)) + got_of(getter(actor, 1));

	if (progress > actor->progress) {
		actor->progress = progress;
		actor->progress_ns = now(actor);
		alarm_set(&actor->patience, now(actor) + STALL_NS);
	}
	if (is_there(actor)) {
		actor->done = NULL;
		actor_transfer_ends(actor, true);
	}
	return false;
}

/* Writing */

static uint64_t chunk_of(const struct actor *actor, const struct script_step *step)
{
	uint64_t usual = is_open_loop(step) ? DATAGRAM_BYTES : actor->connection->setup.mss;

	return script_value(step, SCRIPT_KEY_WRITES, usual);
}

/* Time from one write to the next, 0: all at once. */
static uint64_t gap_ns(const struct actor *actor, const struct script_step *step)
{
	uint64_t headers = is_open_loop(step) ? UDP_HEADERS : 52;
	uint64_t rate = script_value(step, SCRIPT_KEY_RATE, is_open_loop(step) ? UDP_RATE : 0);

	if (rate)
		return (chunk_of(actor, step) + headers) * 8 * 1000000000ull / rate;
	return script_value(step, SCRIPT_KEY_EVERY, 0);
}

static void send_datagram(struct actor *actor, int side, uint64_t len)
{
	uint8_t payload[DATAGRAM_BYTES];

	framing_noise(payload, len, prng_draw(actor->setup.seed, actor->left[side]), 0);
	payload[0] |= 0x80;
	connection_datagram(
		actor->connection, (enum cargo_side)side, payload, (uint32_t)len, false);
}

static void write_some(struct actor *actor, int side, uint64_t len)
{
	const struct script_step *step = actor_step(actor);
	struct flight *flight = &actor->connection->ends[side].flight;
	bool single = gap_ns(actor, step) || script_has(step, SCRIPT_KEY_WRITES);

	if (is_open_loop(step))
		send_datagram(actor, side, len);
	else
		outbox_add(&flight->outbox, NULL, len, single ? (uint32_t)chunk_of(actor, step) : 0,
			script_has(step, SCRIPT_KEY_INVERTED));
	actor->left[side] -= len;
	if (!is_open_loop(step))
		connection_go(actor->connection, (enum cargo_side)side);
}

static void write_on(struct actor *actor)
{
	const struct script_step *step = actor_step(actor);
	uint64_t gap = gap_ns(actor, step), chunk = chunk_of(actor, step);

	for (int side = 0; side < 2; side++) {
		uint64_t left = actor->left[side];

		if (left)
			write_some(actor, side, gap && left > chunk ? chunk : left);
	}
	actor->written_ns = now(actor);
	if (actor->left[0] || actor->left[1])
		alarm_set(&actor->next, now(actor) + gap);
	else if (is_open_loop(step)) /* what is under way arrives; more does not come */
		alarm_set(&actor->patience, now(actor) + actor->setup.rtt_ns + ACTOR_PATIENCE_NS);
}

/* A hello, or an Initial, before it; the transfer begins when that is there or given up. */
static bool greeted(struct actor *actor)
{
	if (actor->connection->setup.udp || actor_acknowledged(actor))
		alarm_set(&actor->next, now(actor));
	return false;
}

static void greet(struct actor *actor)
{
	static struct utterance utterance;
	const struct script_step *step = actor_step(actor);
	struct connection *connection = actor->connection;
	uint64_t seed = prng_draw(actor->setup.seed, actor->at);

	utterance.len = 0;
	if (is_quic(step))
		quic_initial(&utterance, step, seed);
	else
		hello_tls(&utterance, step, seed);
	for (uint32_t i = 0; script_has(step, SCRIPT_KEY_INVERTED) && i < utterance.len; i++)
		utterance.bytes[i] ^= 0xff;
	if (is_quic(step)) {
		connection_datagram(connection, SIDE_CLIENT, utterance.bytes, utterance.len, false);
	} else {
		outbox_add(&connection->ends[SIDE_CLIENT].flight.outbox, utterance.bytes,
			utterance.len, 0, false);
		connection_go(connection, SIDE_CLIENT);
	}
	for (int end = 0; end < 2; end++)
		actor->goals[end] = connection->ends[end].flight.outbox.end;
	actor->done = greeted;
	alarm_set(&actor->next, now(actor) + ACTOR_PATIENCE_NS);
}

static void begin(struct actor *actor)
{
	const struct script_step *step = actor_step(actor);

	actor->last.begin_ns = now(actor);
	actor->progress = 0;
	actor->written_ns = 0;
	actor->progress_ns = now(actor);
	for (int side = 0; side < 2; side++) {
		bool sends = senders(step->verb) >> side & 1;

		actor->left[side] = sends ? step->amount : 0;
		actor->goals[side] = actor->left[side];
		connection_read_from_now(actor->connection, (enum cargo_side) !side);
		if (script_has(step, SCRIPT_KEY_MSS))
			actor->connection->ends[side].flight.mss =
				(uint32_t)step->value[SCRIPT_KEY_MSS];
	}
	alarm_set(&actor->patience, now(actor) + STALL_NS);
	actor->done = look_at_progress;
	write_on(actor);
}

void actor_transfer(struct actor *actor)
{
	if (!actor->greeted) {
		actor->greeted = true;
		if (script_has(actor_step(actor), SCRIPT_KEY_SNI)) {
			greet(actor);
			return;
		}
	} else if (actor->left[0] || actor->left[1]) {
		write_on(actor);
		return;
	}
	begin(actor);
}
