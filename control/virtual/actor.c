/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/actor.h"

#include "classifiers/packet.h"

#include <stdlib.h>

#define CONNECT_PATIENCE_NS 4000000000ull

static uint64_t now(const struct actor *actor)
{
	return agenda_now(actor->setup.agenda);
}

const struct script_step *actor_step(const struct actor *actor)
{
	return &actor->setup.script->steps[actor->at];
}

static void begin_step(struct actor *actor);

static void next_step(void *who, void *what)
{
	struct actor *actor = who;

	actor->at++;
	begin_step(actor);
}

void actor_over(struct actor *actor, bool complete)
{
	alarm_off(&actor->patience);
	alarm_off(&actor->next);
	actor->done = NULL;
	actor->resume = NULL;
	actor->last.complete = complete;
	actor->last.end_ns = now(actor);
	agenda_add(actor->setup.agenda, now(actor), next_step, actor, NULL);
}

bool actor_acknowledged(struct actor *actor)
{
	for (int side = 0; side < 2; side++) {
		if (actor->connection->ends[side].flight.una < actor->goals[side])
			return false;
	}
	return true;
}

/* Nothing is sent while a script waits, not even again. */
static void fall_silent(struct actor *actor)
{
	alarm_set(&actor->patience, now(actor) + actor_step(actor)->amount);
	if (!actor->connection)
		return;
	for (int side = 0; side < 2; side++)
		flight_stop(&actor->connection->ends[side].flight);
}

static void speak_again(struct actor *actor)
{
	const struct script *script = actor->setup.script;
	bool goes_on = actor->connection && actor->at + 1 < script->count &&
		       actor_step(actor)[1].verb != SCRIPT_CONNECT;

	for (int side = 0; goes_on && side < 2; side++)
		flight_go_on(&actor->connection->ends[side].flight);
	next_step(actor, NULL); /* no outcome of the wait is kept */
}

/* Something has come to one of the ends. */
void actor_look(void *who)
{
	struct actor *actor = who;

	if (actor->resume && actor->connection->established) {
		void (*resume)(struct actor * actor) = actor->resume;

		actor->resume = NULL;
		alarm_off(&actor->patience);
		resume(actor);
	} else if (actor->done && actor->done(actor)) {
		actor_over(actor, true);
	}
}

static void impatient(void *who)
{
	struct actor *actor = who;

	if (actor_step(actor)->verb == SCRIPT_WAIT)
		speak_again(actor);
	else if (actor_step(actor)->verb >= SCRIPT_DOWNLOAD)
		actor_transfer_ends(actor, false);
	else
		actor_over(actor, false);
}

void actor_need(struct actor *actor, bool udp, uint16_t port, void (*resume)(struct actor *actor))
{
	struct connection *connection = actor->connection;
	bool asked = script_has(actor_step(actor), SCRIPT_KEY_PORT);

	if (!connection || connection->setup.udp != udp ||
		(asked && connection->setup.server.port != port))
		actor_open(actor, NULL, udp, port);
	if (actor->connection->established) {
		resume(actor);
		return;
	}
	actor->resume = resume;
	alarm_set(&actor->patience, now(actor) + CONNECT_PATIENCE_NS);
}

/* What is counted by step is counted for this one from now on. */
static void mark_step(struct actor *actor)
{
	struct connection *connection = actor->connection;

	connection->step = (uint32_t)actor->at + 1;
	connection->account.step = connection->step;
	connection->account.step_sent = 0;
	connection->account.step_arrived = 0;
}

static void connected(struct actor *actor)
{
	actor_over(actor, true);
}

static void connect_again(struct actor *actor)
{
	const struct script_step *step = actor_step(actor);
	bool udp = script_has(step, SCRIPT_KEY_UDP);

	actor_open(actor, step, udp, (uint16_t)script_value(step, SCRIPT_KEY_PORT, 0));
	actor_need(actor, udp, actor->connection->setup.server.port, connected);
}

/* Packets beside the stream that the other end never gets. */
static void flag(struct actor *actor)
{
	static const uint8_t flags[SCRIPT_VERBS] = {[SCRIPT_FIN] = TCP_FIN | TCP_ACK,
		[SCRIPT_RST] = TCP_RST | TCP_ACK,
		[SCRIPT_SYN] = TCP_SYN,
		[SCRIPT_ACK] = TCP_ACK};
	const struct script_step *step = actor_step(actor);
	uint64_t from = script_value(step, SCRIPT_KEY_FROM, SCRIPT_FROM_CLIENT);

	for (uint64_t i = 0; i < (step->count ? step->count : 1); i++) {
		if (from != SCRIPT_FROM_SERVER)
			connection_aside(
				actor->connection, SIDE_CLIENT, flags[step->verb], NULL, 0, true);
		if (from != SCRIPT_FROM_CLIENT)
			connection_aside(
				actor->connection, SIDE_SERVER, flags[step->verb], NULL, 0, true);
	}
	alarm_set(&actor->patience, now(actor) + actor->setup.rtt_ns);
}

static void send_fragments(struct actor *actor)
{
	const struct script_step *step = actor_step(actor);

	mark_step(actor);
	connection_fragments(actor->connection,
		(enum cargo_side)script_value(step, SCRIPT_KEY_FROM, 0), (unsigned)step->count);
	alarm_set(&actor->patience, now(actor) + ACTOR_PATIENCE_NS);
}

static void say(struct actor *actor)
{
	mark_step(actor);
	actor->connection->account.mark = actor->connection->step;
	actor->connection->account.marked = false;
	actor->connection->account.after = 0;
	actor_say(actor);
}

static void transfer(struct actor *actor)
{
	mark_step(actor);
	actor_transfer(actor);
}

static bool is_udp(const struct script_step *step)
{
	return (step->verb >= SCRIPT_UDP_DOWNLOAD) || actor_is_datagram(step);
}

static void begin_step(struct actor *actor)
{
	const struct script_step *step;

	if (actor->at == actor->setup.script->count) {
		actor->finished = true;
		actor->setup.finished(actor->setup.who);
		return;
	}
	step = actor_step(actor);
	actor->said = 0;
	actor->greeted = false;
	if (step->verb == SCRIPT_WAIT) {
		fall_silent(actor);
		return;
	}
	if (step->verb == SCRIPT_LINK) {
		next_step(actor, NULL);
		return;
	}
	actor->last = (struct outcome){.begin_ns = now(actor)};
	if (step->verb == SCRIPT_CONNECT)
		connect_again(actor);
	else if (step->verb >= SCRIPT_FIN && step->verb <= SCRIPT_ACK)
		actor_need(actor, false, actor_port(step), flag);
	else if (step->verb == SCRIPT_FRAGMENTS)
		actor_need(actor, true, actor_port(step), send_fragments);
	else if (step->verb >= SCRIPT_DOWNLOAD)
		actor_need(actor, is_udp(step), actor_port(step), transfer);
	else
		actor_need(actor, is_udp(step), actor_port(step), say);
}

static void start(void *who, void *what)
{
	begin_step(who);
}

static void go_on(void *who);

void actor_begin(struct actor *actor, const struct actor_setup *setup)
{
	*actor = (struct actor){.setup = *setup};
	actor->patience = (struct alarm){setup->agenda, impatient, actor, 0, 0};
	actor->next = (struct alarm){setup->agenda, go_on, actor, 0, 0};
	agenda_add(setup->agenda, now(actor) + setup->number * 10000000ull, start, actor, NULL);
}

static void go_on(void *who)
{
	struct actor *actor = who;

	if (actor_step(actor)->verb >= SCRIPT_DOWNLOAD)
		actor_transfer(actor);
	else
		actor_say(actor);
}

void actor_end(struct actor *actor)
{
	struct connection *next;

	for (struct connection *one = actor->connections; one; one = next) {
		next = one->next;
		connection_free(one);
	}
}
