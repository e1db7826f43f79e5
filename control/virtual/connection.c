/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/connection.h"

#include "classifiers/packet.h"
#include "dataplane/prng.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ull

enum {
	MSS_WITHOUT_OPTIONS = 1460,
	MSS_WITH_TIMESTAMPS = 1448,
	ATTEMPTS = 6,
	QUIC_OVERHEAD = 27,
	FRAGMENT_BYTES = 24
};

static uint64_t now(const struct connection *connection)
{
	return agenda_now(connection->setup.agenda);
}

static struct connection_end *other(struct connection_end *end)
{
	return &end->connection->ends[!end->side];
}

/* Packets */

static struct framing framing_of(struct connection_end *end)
{
	struct connection *connection = end->connection;
	uint64_t ms = now(connection) / 1000000;

	return (struct framing){
		.from = end->at,
		.to = other(end)->at,
		.ip_version = connection->setup.ip_version,
		.ip_id = ++end->ip_id,
		.timestamps =
			!connection->setup.udp && connection->setup.mss <= MSS_WITH_TIMESTAMPS,
		.now = (uint32_t)ms,
		.echo = (uint32_t)ms,
	};
}

static struct cargo *cargo_of(struct connection_end *end, uint32_t payload)
{
	struct cargo *cargo = crossing_cargo(FRAMING_HEADERS_MAX + payload);

	cargo->connection = end->connection;
	cargo->account = &end->connection->account;
	cargo->step = end->connection->step;
	cargo->side = end->side;
	cargo->payload = payload;
	return cargo;
}

static void ship(struct connection_end *end, struct cargo *cargo)
{
	crossing_send(end->connection->setup.crossing, cargo);
}

/* Fills in what has been received. */
static void tell_received(
	struct connection_end *end, struct cargo *cargo, struct framing *framing, bool ranges)
{
	struct receiver *receiver = &end->receiver;

	cargo->stream = true;
	cargo->ack = receiver->next;
	for (unsigned i = 0; ranges && i < receiver->count && i < FRAMING_SACKS; i++) {
		uint32_t base = other(end)->isn + 1;

		cargo->sacks[i] = receiver->ranges[i];
		framing->sacks[i][0] = base + (uint32_t)receiver->ranges[i].start;
		framing->sacks[i][1] = base + (uint32_t)receiver->ranges[i].end;
		cargo->sack_count = (uint8_t)(i + 1);
	}
	framing->sack_count = cargo->sack_count;
	framing->ack = other(end)->isn + 1 + (uint32_t)receiver->next;
	receiver_acknowledged(receiver);
	alarm_off(&end->acknowledge);
}

/* A short header (RFC 9000 section 17.3.1) before what looks encrypted anyway. */
static uint32_t put_quic(struct connection_end *end, struct cargo *cargo,
	const struct framing *framing, uint32_t len)
{
	uint8_t payload[QUIC_DATA + QUIC_OVERHEAD];

	framing_noise(payload, len, prng_draw(end->isn, end->ip_id), 0);
	payload[0] = 0x40 | (payload[0] & 0x3f);
	framing_noise(payload + 1, 8, other(end)->isn, 0); /* connection id */
	return framing_udp(cargo->bytes, framing, payload, len);
}

static void acknowledge(void *who)
{
	struct connection_end *end = who;
	struct framing framing = framing_of(end);
	struct cargo *cargo = cargo_of(end, QUIC_ACK_BYTES);

	cargo->payload = 0;
	tell_received(end, cargo, &framing, true);
	if (end->connection->setup.udp) {
		cargo->len = put_quic(end, cargo, &framing, QUIC_ACK_BYTES);
	} else {
		framing.flags = cargo->flags = TCP_ACK;
		framing.seq = end->isn + 1 + (uint32_t)end->flight.next;
		cargo->len = framing_tcp(cargo->bytes, &framing, NULL, 0);
	}
	ship(end, cargo);
}

static void transmit(void *who, const struct flight_segment *segment)
{
	struct connection_end *end = who;
	bool udp = end->connection->setup.udp;
	struct cargo *cargo = cargo_of(end, segment->len + (udp ? QUIC_OVERHEAD : 0));
	struct framing framing = framing_of(end);
	uint8_t payload[MSS_WITHOUT_OPTIONS];

	cargo->payload = segment->len;
	cargo->offset = segment->start;
	tell_received(end, cargo, &framing, false);
	if (udp) {
		cargo->len = put_quic(end, cargo, &framing, segment->len + QUIC_OVERHEAD);
	} else {
		outbox_copy(&end->flight.outbox, segment->start, segment->len, payload);
		framing.flags = cargo->flags = TCP_ACK | TCP_PSH;
		framing.seq = end->isn + 1 + (uint32_t)segment->start;
		cargo->len = framing_tcp(cargo->bytes, &framing, payload, segment->len);
	}
	ship(end, cargo);
}

void connection_aside(struct connection *connection, enum cargo_side side, uint8_t flags,
	const uint8_t *payload, uint32_t len, bool fake)
{
	struct connection_end *end = &connection->ends[side];
	struct cargo *cargo = cargo_of(end, len);
	struct framing framing = framing_of(end);

	cargo->fake = fake;
	framing.flags = cargo->flags = flags;
	framing.ack = flags & TCP_ACK ? other(end)->isn + 1 + (uint32_t)end->receiver.next : 0;
	framing.seq = end->isn + (flags & TCP_SYN ? 0 : 1 + (uint32_t)end->flight.next);
	framing.mss = flags & TCP_SYN ? MSS_WITHOUT_OPTIONS : 0;
	cargo->len = framing_tcp(cargo->bytes, &framing, payload, len);
	ship(end, cargo);
}

void connection_datagram(struct connection *connection, enum cargo_side side,
	const uint8_t *payload, uint32_t len, bool fake)
{
	struct connection_end *end = &connection->ends[side];
	struct cargo *cargo = cargo_of(end, len);
	struct framing framing = framing_of(end);

	cargo->fake = fake;
	cargo->len = framing_udp(cargo->bytes, &framing, payload, len);
	ship(end, cargo);
}

void connection_fragments(struct connection *connection, enum cargo_side side, unsigned count)
{
	struct connection_end *end = &connection->ends[side];
	struct framing framing = framing_of(end);

	for (unsigned i = 0; i < count; i++) {
		struct cargo *cargo = cargo_of(end, FRAGMENT_BYTES);

		cargo->len = framing_fragment(cargo->bytes, &framing, i, count, FRAGMENT_BYTES);
		ship(end, cargo);
	}
}

/* Handshake */

static void send_syn(void *who)
{
	struct connection *connection = who;

	if (connection->established || connection->attempts == ATTEMPTS)
		return;
	connection->handshake_ns = now(connection);
	connection_aside(connection, SIDE_CLIENT, TCP_SYN, NULL, 0, false);
	alarm_set(&connection->handshake,
		connection->handshake_ns + (SECOND_NS << connection->attempts++));
}

/* A SYN is answered each time it comes; the client's answer to that makes it a connection. */
static void take_handshake(struct connection_end *end, const struct cargo *cargo)
{
	struct connection *connection = end->connection;

	if (!(cargo->flags & TCP_ACK)) {
		connection->answer_ns = now(connection);
		connection_aside(connection, SIDE_SERVER, TCP_SYN | TCP_ACK, NULL, 0, false);
		return;
	}
	if (!connection->established)
		flight_rtt(&end->flight, now(connection) - connection->handshake_ns);
	connection->established = true;
	alarm_off(&connection->handshake);
	connection_aside(connection, SIDE_CLIENT, TCP_ACK, NULL, 0, false);
}

/* Arrivals */

uint64_t connection_got(const struct connection_end *end)
{
	return end->got + end->receiver.unique;
}

static void note_reading(struct connection_end *end)
{
	uint64_t bytes = connection_got(end) - end->before;
	struct reading *reading;

	if (!bytes || (end->reading_count && end->readings[end->reading_count - 1].bytes == bytes))
		return;
	if (end->reading_count == end->reading_room) {
		end->reading_room = end->reading_room ? end->reading_room * 2 : 64;
		end->readings = realloc(end->readings, end->reading_room * sizeof(*end->readings));
		if (!end->readings)
			abort();
	}
	reading = &end->readings[end->reading_count++];
	*reading = (struct reading){now(end->connection), bytes};
}

void connection_read_from_now(struct connection *connection, enum cargo_side side)
{
	struct connection_end *end = &connection->ends[side];

	end->reading_count = 0;
	end->before = connection_got(end);
}

static void acknowledge_by(struct connection_end *end, uint64_t time_ns)
{
	if (!end->acknowledge.due_ns || end->acknowledge.due_ns > time_ns)
		alarm_set(&end->acknowledge, time_ns);
}

static void take_stream(struct connection_end *end, const struct cargo *cargo)
{
	enum receiver_answer answer = receiver_take(&end->receiver, cargo->offset, cargo->payload);

	note_reading(end);
	flight_acked(&end->flight, cargo->ack, cargo->sacks, cargo->sack_count);
	/* What was sent in answer has told it. */
	if (answer == RECEIVER_NOW && end->receiver.pending)
		acknowledge(end);
	else if (answer == RECEIVER_SOON && end->receiver.pending)
		acknowledge_by(end, now(end->connection) + RECEIVER_SOON_NS);
	else if (answer == RECEIVER_LATER && end->receiver.pending && !end->acknowledge.due_ns)
		alarm_set(&end->acknowledge, now(end->connection) + RECEIVER_DELAY_NS);
}

/* The end has been told that the other one is gone: it sends nothing more. */
static void take_reset(struct connection_end *end)
{
	end->resets++;
	flight_stop(&end->flight);
	alarm_off(&end->acknowledge);
	if (end->side == SIDE_CLIENT)
		alarm_off(&end->connection->handshake);
}

void connection_arrive(const struct cargo *cargo)
{
	struct connection *connection = cargo->connection;
	struct connection_end *end = &connection->ends[!cargo->side];

	if (cargo->made) {
		take_reset(end);
	} else if (end->resets) {
		return; /* nobody is there any more */
	} else if (cargo->flags & TCP_SYN) {
		take_handshake(end, cargo);
	} else if (cargo->stream) {
		take_stream(end, cargo);
	} else if (connection->setup.udp) {
		end->got += cargo->payload;
		note_reading(end);
	} else if (end->side == SIDE_SERVER && connection->answer_ns) {
		flight_rtt(&end->flight, now(connection) - connection->answer_ns);
		connection->answer_ns = 0;
	}
	connection->setup.happened(connection->setup.who);
}

/* Life */

static void begin_end(struct connection *connection, enum cargo_side side)
{
	struct connection_end *end = &connection->ends[side];
	const struct connection_setup *setup = &connection->setup;
	struct flight_setup of = {
		.agenda = setup->agenda,
		.transmit = transmit,
		.who = end,
		.mss = setup->udp ? QUIC_DATA : setup->mss,
		.kind = setup->kind,
		.seed = prng_draw(setup->seed, side),
	};

	end->connection = connection;
	end->side = side;
	end->at = side == SIDE_CLIENT ? setup->client : setup->server;
	end->isn = (uint32_t)prng_draw(setup->seed, 2u + side);
	end->ip_id = (uint16_t)prng_draw(setup->seed, 4u + side);
	end->acknowledge = (struct alarm){setup->agenda, acknowledge, end, 0, 0};
	flight_begin(&end->flight, &of);
}

struct connection *connection_open(const struct connection_setup *setup)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		abort();
	connection->setup = *setup;
	connection->handshake = (struct alarm){setup->agenda, send_syn, connection, 0, 0};
	begin_end(connection, SIDE_CLIENT);
	begin_end(connection, SIDE_SERVER);
	connection->established = setup->udp;
	if (!setup->udp)
		send_syn(connection);
	return connection;
}

void connection_leave(struct connection *connection)
{
	for (int side = 0; side < 2; side++) {
		flight_stop(&connection->ends[side].flight);
		alarm_off(&connection->ends[side].acknowledge);
	}
	alarm_off(&connection->handshake);
}

void connection_free(struct connection *connection)
{
	for (int side = 0; side < 2; side++) {
		flight_end(&connection->ends[side].flight);
		free(connection->ends[side].readings);
	}
	free(connection);
}

void connection_go(struct connection *connection, enum cargo_side side)
{
	flight_go(&connection->ends[side].flight);
}
