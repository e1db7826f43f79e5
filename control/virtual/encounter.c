/* SPDX-License-Identifier: BSD-3-Clause */
/* Who an actor talks to: addresses and ports of the next connection. */
#include "control/virtual/actor.h"

#include "dataplane/prng.h"

#include <arpa/inet.h>
#include <string.h>

/* Inside and outside (RFC 5737, 3849, 4193): the usual ones, and another. */
static const char *const hosts[2][2][2] = {
	{{"10.0.0.2", "10.0.0.3"}, {"198.51.100.7", "198.51.100.8"}},
	{{"fd00::2", "fd00::3"}, {"2001:db8::7", "2001:db8::8"}},
};

enum { PORT_FIRST = 10000, PORTS = 50000, PORT_STEP = 20011, PORT_OTHER = 8443 };

static const struct script_step *link_of(const struct actor *actor)
{
	static const struct script_step none;
	const struct script *script = actor->setup.script;

	return script->steps[0].verb == SCRIPT_LINK ? &script->steps[0] : &none;
}

/* The step's own, that of the link, or NULL. */
static const char *given(
	const struct actor *actor, const struct script_step *step, enum script_key key)
{
	if (step && script_has(step, key))
		return step->text[key];
	return script_has(link_of(actor), key) ? link_of(actor)->text[key] : NULL;
}

static void put_address(struct framing_end *end, const char *text)
{
	memset(end->address, 0, sizeof(end->address));
	inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, end->address);
}

/* A server for each of many flows: the benchmark's range (RFC 2544), or on from the usual one. */
static void put_server_of(struct framing_end *end, bool ipv6, uint64_t number)
{
	uint32_t low;

	put_address(end, ipv6 ? "2001:db8::7" : "198.18.0.0");
	memcpy(&low, end->address + (ipv6 ? 12 : 0), sizeof(low));
	low = htonl(ntohl(low) + (uint32_t)(number & 0x1ffff));
	memcpy(end->address + (ipv6 ? 12 : 0), &low, sizeof(low));
}

static uint16_t client_port(const struct actor *actor)
{
	uint64_t first = prng_draw(actor->setup.seed, 0x706f7274) % 10000;

	return (uint16_t)(PORT_FIRST +
			  (first + actor->setup.number + (uint64_t)PORT_STEP * actor->opened) %
				  PORTS);
}

static uint64_t number_of(const struct actor *actor, const struct script_step *step,
	enum script_key key, uint64_t usual)
{
	if (step && script_has(step, key))
		return step->value[key];
	return script_value(link_of(actor), key, usual);
}

static void choose_ends(
	struct actor *actor, const struct script_step *step, struct connection_setup *setup)
{
	const char *client = given(actor, step, SCRIPT_KEY_CLIENT);
	const char *server = given(actor, step, SCRIPT_KEY_SERVER);
	uint64_t same =
		step ? script_value(step, SCRIPT_KEY_SAME, SCRIPT_SAME_TRIPLE) : SCRIPT_SAME_TRIPLE;
	bool other_server = same == SCRIPT_SAME_NONE || same == SCRIPT_SAME_CLIENT;
	bool ipv6 = (client && strchr(client, ':')) || (server && strchr(server, ':'));
	bool outside = actor->setup.script->outside;
	const struct connection *before = actor->connection;

	if (!client)
		client = hosts[ipv6][outside][before && same == SCRIPT_SAME_NONE];
	put_address(&setup->client, client);
	put_address(
		&setup->server, server ? server : hosts[ipv6][!outside][before && other_server]);
	if (!server && !before && other_server && !outside)
		put_server_of(&setup->server, ipv6, actor->setup.number);
	setup->ip_version = ipv6 ? 6 : 4;
	setup->client.port =
		(uint16_t)number_of(actor, step, SCRIPT_KEY_CLIENT_PORT, client_port(actor));
	if (before && same == SCRIPT_SAME_TUPLE)
		setup->client.port = before->setup.client.port;
}

static uint16_t server_port(
	const struct actor *actor, const struct script_step *step, uint16_t port)
{
	const struct connection *before = actor->connection;
	bool asked = script_has(actor_step(actor), SCRIPT_KEY_PORT);

	if (port && (asked || !script_has(link_of(actor), SCRIPT_KEY_PORT)))
		return port;
	if (before && step && script_has(step, SCRIPT_KEY_SAME) &&
		step->value[SCRIPT_KEY_SAME] == SCRIPT_SAME_HOSTS)
		return PORT_OTHER;
	return before && step ? before->setup.server.port
			      : (uint16_t)script_value(link_of(actor), SCRIPT_KEY_PORT, 443);
}

void actor_open(struct actor *actor, const struct script_step *step, bool udp, uint16_t port)
{
	struct connection_setup setup = {
		.agenda = actor->setup.agenda,
		.crossing = actor->setup.crossing,
		.udp = udp,
		.mss = (uint32_t)script_value(link_of(actor), SCRIPT_KEY_MSS, 1448),
		.kind = congestion_kinds[script_value(
			link_of(actor), SCRIPT_KEY_CC, SCRIPT_CC_CUBIC)],
		.seed = prng_draw(actor->setup.seed, actor->opened),
		.happened = actor_look,
		.who = actor,
	};

	choose_ends(actor, step, &setup);
	setup.server.port = server_port(actor, step, port);
	if (actor->connection)
		connection_leave(actor->connection);
	actor->opened++;
	actor->connection = connection_open(&setup);
	actor->connection->next = actor->connections;
	actor->connections = actor->connection;
}
