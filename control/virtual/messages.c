/* SPDX-License-Identifier: BSD-3-Clause */
/* The steps of an actor that say something: one message after the other. */
#include "control/virtual/actor.h"
#include "control/virtual/utterance.h"

#include "classifiers/packet.h"
#include "dataplane/prng.h"

#define EVERY_NS 20000000ull

struct manner {
	enum script_verb verb;
	uint16_t port;
	bool udp; /* unless it says tcp */
};

/* Verbs that have ports of their own. */
static const struct manner manners[] = {
	{SCRIPT_HTTP, 80, false},
	{SCRIPT_HTTP_CONNECT, 3128, false},
	{SCRIPT_SOCKS, 1080, false},
	{SCRIPT_SSH, 22, false},
	{SCRIPT_DNS, 53, true},
	{SCRIPT_STUN, 3478, true},
	{SCRIPT_DTLS, 3478, true},
	{SCRIPT_QUIC_INITIAL, 443, true},
	{SCRIPT_OPENVPN, 1194, true},
	{SCRIPT_WIREGUARD, 51820, true},
	{SCRIPT_DATAGRAMS, 5000, true},
	{SCRIPT_FRAGMENTS, 5000, true},
	{SCRIPT_UDP_DOWNLOAD, 5000, true},
	{SCRIPT_UDP_UPLOAD, 5000, true},
};

enum { MANNERS = sizeof(manners) / sizeof(manners[0]) };

static const struct manner *manner_of(const struct script_step *step)
{
	for (int i = 0; i < MANNERS; i++) {
		if (manners[i].verb == step->verb)
			return &manners[i];
	}
	return NULL;
}

bool actor_is_datagram(const struct script_step *step)
{
	const struct manner *manner = manner_of(step);

	return script_has(step, SCRIPT_KEY_UDP) ||
	       (manner && manner->udp && !script_has(step, SCRIPT_KEY_TCP));
}

uint16_t actor_port(const struct script_step *step)
{
	const struct manner *manner = manner_of(step);

	return (uint16_t)script_value(step, SCRIPT_KEY_PORT, manner ? manner->port : 0);
}

/* What was said is there. */
static bool arrived(struct actor *actor)
{
	const struct account *account = &actor->connection->account;

	if (!actor->connection->setup.udp)
		return actor_acknowledged(actor);
	return account->step_sent && account->step_arrived == account->step_sent;
}

static bool is_last(const struct actor *actor)
{
	const struct script_step *step = actor_step(actor);

	return actor->said >= (step->count ? step->count : 1);
}

/* One after the other: when the one before is there. Datagrams that are sent at a pace do not wait
 * for it. */
static bool said_all(struct actor *actor)
{
	if (!arrived(actor))
		return false;
	if (is_last(actor))
		return true;
	alarm_set(&actor->next, agenda_now(actor->setup.agenda));
	return false;
}

static void send_piece(struct actor *actor, enum cargo_side side, struct span piece)
{
	struct connection *connection = actor->connection;
	bool fake = script_has(actor_step(actor), SCRIPT_KEY_FAKE);

	if (connection->setup.udp) {
		connection_datagram(connection, side, piece.data, piece.len, fake);
	} else if (fake) {
		for (uint32_t at = 0; at < piece.len; at += connection->setup.mss) {
			uint32_t left = piece.len - at;

			connection_aside(connection, side, TCP_ACK | TCP_PSH, piece.data + at,
				left < connection->setup.mss ? left : connection->setup.mss, true);
		}
	} else {
		outbox_add(&connection->ends[side].flight.outbox, piece.data, piece.len, 0, false);
		actor->goals[side] = connection->ends[side].flight.outbox.end;
	}
}

static bool in_turn(const struct script_step *step)
{
	return step->verb == SCRIPT_OPENVPN || step->verb == SCRIPT_WIREGUARD ||
	       !actor_is_datagram(step);
}

/* When the next one goes though this one is not there. */
static uint64_t wait_ns(const struct script_step *step)
{
	return in_turn(step) ? ACTOR_PATIENCE_NS : script_value(step, SCRIPT_KEY_EVERY, EVERY_NS);
}

void actor_say(struct actor *actor)
{
	static struct utterance utterance;
	const struct script_step *step = actor_step(actor);
	uint64_t now_ns = agenda_now(actor->setup.agenda);
	struct connection *connection = actor->connection;
	enum cargo_side side;

	for (int end = 0; end < 2; end++)
		actor->goals[end] = connection->ends[end].flight.outbox.end;
	utter(&utterance, step, prng_draw(actor->setup.seed, actor->at), actor->said,
		!connection->setup.udp, &side);
	actor->said++;
	for (unsigned i = 0; i < utterance_pieces(&utterance, step); i++)
		send_piece(actor, side, utterance_piece(&utterance, step, i));
	connection_go(connection, side);
	if (script_has(step, SCRIPT_KEY_FAKE)) {
		alarm_set(&actor->patience, now_ns + actor->setup.rtt_ns);
		return;
	}
	if (!is_last(actor))
		alarm_set(&actor->next, now_ns + wait_ns(step));
	actor->done = in_turn(step) || is_last(actor) ? said_all : NULL;
	alarm_set(&actor->patience, now_ns + wait_ns(step) + ACTOR_PATIENCE_NS);
}
