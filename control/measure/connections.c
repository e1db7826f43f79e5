/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/connections.h"

#include "dataplane/prng.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_AT_FIRST = 1024 };

static const uint64_t key_seed[2] = {0x452821e638d01377ull, 0xbe5466cf34e90c6cull};

struct connections {
	struct connection **slots; /* open addressing, at most half full; a power of two */
	uint32_t size, count, limit;
	struct connection *newest, *oldest;
	uint64_t crowded_out;
	struct connections_listener listener;
};

/* Who hears of one packet. */
struct hearing {
	const struct connections_listener *listener;
	struct connection *connection;
	enum direction direction;
};

struct connections *connections_new(uint32_t limit, const struct connections_listener *listener)
{
	struct connections *connections = calloc(1, sizeof(*connections));

	if (!connections)
		return NULL;
	connections->size = SLOTS_AT_FIRST;
	connections->limit = limit;
	connections->listener = *listener;
	connections->slots = calloc(connections->size, sizeof(struct connection *));
	if (connections->slots)
		return connections;
	free(connections);
	return NULL;
}

uint64_t connections_crowded_out(const struct connections *connections)
{
	return connections->crowded_out;
}

/* Where it is, or would be. */
static uint32_t slot_of(const struct connections *connections, const struct flow_key *key)
{
	uint32_t at = (uint32_t)prng_mix(key->word[0], key->word[1]) & (connections->size - 1);

	while (connections->slots[at] &&
		memcmp(&connections->slots[at]->key, key, sizeof(*key)) != 0)
		at = (at + 1) & (connections->size - 1);
	return at;
}

static bool grow(struct connections *connections)
{
	struct connection **slots = connections->slots;
	uint32_t size = connections->size;
	struct connection **larger;

	if (connections->count * 2 < size)
		return true;
	larger = calloc((size_t)size * 2, sizeof(struct connection *));
	if (!larger)
		return false;
	connections->slots = larger;
	connections->size = size * 2;
	for (uint32_t i = 0; i < size; i++) {
		if (slots[i])
			larger[slot_of(connections, &slots[i]->key)] = slots[i];
	}
	free(slots);
	return true;
}

static void unlink_age(struct connections *connections, struct connection *connection)
{
	if (connection->newer)
		connection->newer->older = connection->older;
	else
		connections->newest = connection->older;
	if (connection->older)
		connection->older->newer = connection->newer;
	else
		connections->oldest = connection->newer;
}

static void link_newest(struct connections *connections, struct connection *connection)
{
	connection->newer = NULL;
	connection->older = connections->newest;
	if (connections->newest)
		connections->newest->newer = connection;
	else
		connections->oldest = connection;
	connections->newest = connection;
}

/* Takes it out of the slots; those behind it move up (Knuth, 6.4, algorithm R). */
static void unlink_slot(struct connections *connections, uint32_t hole)
{
	uint32_t mask = connections->size - 1;

	connections->slots[hole] = NULL;
	for (uint32_t at = (hole + 1) & mask; connections->slots[at]; at = (at + 1) & mask) {
		struct connection *moved = connections->slots[at];

		connections->slots[at] = NULL;
		connections->slots[slot_of(connections, &moved->key)] = moved;
	}
}

static void end(struct connections *connections, struct connection *connection)
{
	unlink_slot(connections, slot_of(connections, &connection->key));
	unlink_age(connections, connection);
	connections->count--;
	if (connections->listener.ended)
		connections->listener.ended(connections->listener.context, connection);
	track_end(&connection->tracks[0]);
	track_end(&connection->tracks[1]);
	free(connection);
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	while (connections->oldest)
		end(connections, connections->oldest);
	free(connections->slots);
	free(connections);
}

static void introduce(struct connection *connection, const struct packet *packet,
	const struct flow_key *key, bool low)
{
	size_t bytes = packet->ip_version == 4 ? 4 : 16;

	connection->key = *key;
	connection->id = packet->index;
	connection->first_ns = packet->time_ns;
	connection->client_low = low;
	connection->ip_version = packet->ip_version;
	connection->proto = packet->proto;
	connection->client_port = packet->source_port;
	connection->server_port = packet->destination_port;
	memcpy(connection->client, packet_source(packet), bytes);
	memcpy(connection->server, packet_destination(packet), bytes);
}

/* A SYN+ACK is the server's, also when the capture begins with it. */
static void turn(struct connection *connection)
{
	uint8_t address[16];
	uint16_t port = connection->client_port;

	memcpy(address, connection->client, sizeof(address));
	memcpy(connection->client, connection->server, sizeof(address));
	memcpy(connection->server, address, sizeof(address));
	connection->client_port = connection->server_port;
	connection->server_port = port;
	connection->client_low = !connection->client_low;
}

static struct connection *begin(struct connections *connections, const struct packet *packet,
	const struct flow_key *key, bool low)
{
	struct connection *connection;

	if (connections->count == connections->limit) {
		connections->crowded_out++;
		end(connections, connections->oldest);
	}
	connection = grow(connections) ? calloc(1, sizeof(*connection)) : NULL;
	if (!connection)
		return NULL;
	introduce(connection, packet, key, low);
	if (packet->proto == PROTO_TCP && (packet->tcp_flags & TCP_SYN) &&
		(packet->tcp_flags & TCP_ACK))
		turn(connection);
	connections->slots[slot_of(connections, key)] = connection;
	connections->count++;
	link_newest(connections, connection);
	return connection;
}

/* The same ports once more. */
static bool is_another(const struct connection *connection, const struct packet *packet)
{
	return packet->proto == PROTO_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	       (!connection->began || connection->syn_seq != packet->tcp_seq);
}

static struct connection *find(
	struct connections *connections, const struct packet *packet, bool *low)
{
	struct flow_key key = flow_key_with(packet, key_seed, low);
	struct connection *connection;

	while (connections->oldest &&
		connections->oldest->last_ns + CONNECTION_IDLE_NS < packet->time_ns)
		end(connections, connections->oldest);
	connection = connections->slots[slot_of(connections, &key)];
	if (connection && is_another(connection, packet)) {
		end(connections, connection);
		connection = NULL;
	}
	if (!connection)
		return begin(connections, packet, &key, *low);
	unlink_age(connections, connection);
	link_newest(connections, connection);
	return connection;
}

static void hear(void *context, const struct track_event *event)
{
	const struct hearing *hearing = context;

	if (hearing->listener->heard)
		hearing->listener->heard(
			hearing->listener->context, hearing->connection, hearing->direction, event);
}

static void note_half(struct connection *connection, enum direction direction, uint64_t ns)
{
	uint64_t *least = &connection->half_min_ns[direction];

	ns = ns ? ns : 1;
	*least = !*least || ns < *least ? ns : *least;
}

/* How far the receivers are: what a packet of one direction calls forth in the other. */
static void probe(
	struct connection *connection, enum direction direction, const struct segment *segment)
{
	enum direction other = 1 - direction;

	if ((segment->flags & TCP_ACK) && connection->syn_ns[other]) {
		note_half(connection, other, segment->time_ns - connection->syn_ns[other]);
		connection->syn_ns[other] = 0;
	}
	if (segment->flags & TCP_SYN)
		connection->syn_ns[direction] = segment->time_ns;
	if (!segment->timestamps)
		return;
	if (connection->probe_ns[other] &&
		(int32_t)(segment->ts_echo - connection->probe_value[other]) >= 0) {
		note_half(connection, other, segment->time_ns - connection->probe_ns[other]);
		connection->probe_ns[other] = 0;
	}
	if (connection->probe_ns[direction])
		return;
	connection->probe_ns[direction] = segment->time_ns;
	connection->probe_value[direction] = segment->ts_value;
}

static void take_segment(struct connections *connections, struct connection *connection,
	enum direction direction, const struct packet *packet)
{
	struct hearing about[2] = {{&connections->listener, connection, DIRECTION_UP},
		{&connections->listener, connection, DIRECTION_DOWN}};
	struct track_listener listeners[2] = {{hear, &about[0]}, {hear, &about[1]}};
	struct segment segment;

	if (!segment_read(packet, &segment))
		return;
	if ((segment.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		connection->began = true;
		connection->syn_seq = segment.seq;
	}
	probe(connection, direction, &segment);
	track_acknowledgement(
		&connection->tracks[1 - direction], &segment, &listeners[1 - direction]);
	track_data(&connection->tracks[direction], &segment, &listeners[direction]);
	/* RFC 7323, section 2.2: one side alone cannot scale. */
	if ((segment.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) &&
		segment.shift == SEGMENT_NO_SHIFT)
		connection->tracks[direction].shift = 0;
}

bool connections_take(struct connections *connections, const struct packet *packet)
{
	struct connection *connection;
	enum direction direction;
	bool low;

	if (packet->proto != PROTO_TCP && packet->proto != PROTO_UDP)
		return true;
	connection = find(connections, packet, &low);
	if (!connection)
		return false;
	direction = low == connection->client_low ? DIRECTION_UP : DIRECTION_DOWN;
	connection->last_ns = packet->time_ns;
	if (connections->listener.packet)
		connections->listener.packet(
			connections->listener.context, connection, direction, packet);
	if (packet->proto == PROTO_TCP)
		take_segment(connections, connection, direction, packet);
	return true;
}
