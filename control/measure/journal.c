/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/journal.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_AT_FIRST = 16 };

static struct flow_journals *flow_of(struct journals *journals, struct connection *connection)
{
	struct flow_journals *flow = connection->owner;

	if (flow)
		return flow;
	flow = calloc(1, sizeof(*flow));
	if (!flow) {
		journals->failed = true;
		return NULL;
	}
	flow->id = connection->id;
	flow->client_port = connection->client_port;
	flow->server_port = connection->server_port;
	flow->ip_version = connection->ip_version;
	flow->proto = connection->proto;
	memcpy(flow->client, connection->client, sizeof(flow->client));
	memcpy(flow->server, connection->server, sizeof(flow->server));
	return connection->owner = flow;
}

void journals_packet(struct journals *journals, struct connection *connection,
	enum direction direction, const struct packet *packet)
{
	struct flow_journals *flow = flow_of(journals, connection);
	struct journal *journal;

	if (!flow)
		return;
	journal = &flow->journals[direction];
	if (!journal->packets++)
		journal->first_ns = packet->time_ns;
	journal->last_ns = packet->time_ns;
	journal->payload += packet->payload_bytes;
	flow->reset |= (packet->tcp_flags & TCP_RST) != 0;
	flow->finished |= (packet->tcp_flags & TCP_FIN) != 0;
	flow->asked[1 - direction] |= packet->payload_bytes != 0;
}

static struct copy *copy_new(struct journals *journals, struct journal *journal)
{
	if (journals->copies >= journals->copies_max) {
		journals->forgone++;
		return NULL;
	}
	if (journal->count == journal->room) {
		uint32_t room = journal->room ? journal->room * 2 : ROOM_AT_FIRST;
		struct copy *larger = realloc(journal->copies, room * sizeof(*larger));

		if (!larger) {
			journals->failed = true;
			return NULL;
		}
		journal->copies = larger;
		journal->room = room;
	}
	journals->copies++;
	return &journal->copies[journal->count++];
}

static void note_copy(struct journals *journals, struct connection *connection,
	enum direction direction, const struct track_event *event)
{
	const struct track *track = &connection->tracks[direction];
	struct flow_journals *flow = connection->owner;
	struct copy *copy = copy_new(journals, &flow->journals[direction]);
	bool begins = !event->again && track->acked == event->begin;

	if (!copy)
		return;
	*copy = (struct copy){
		.time_ns = event->time_ns,
		.begin = event->begin,
		.payload = event->bytes > UINT16_MAX ? UINT16_MAX : (uint16_t)event->bytes,
		.overhead = (uint16_t)(event->overhead),
		.flags =
			(event->again ? COPY_AGAIN : 0) |
			(event->again && event->begin + event->bytes <= track->acked ? COPY_NEEDLESS
										     : 0) |
			(begins ? COPY_BEGINS : 0) |
			(begins && flow->asked[direction] ? COPY_ASKED : 0),
	};
	flow->asked[direction] = false;
	if (event->news == TRACK_ABSENT) {
		copy->fate = COPY_LOST;
		copy->flags |= COPY_ABSENT;
	}
}

void journals_heard(struct journals *journals, struct connection *connection,
	enum direction direction, const struct track_event *event)
{
	struct flow_journals *flow = flow_of(journals, connection);
	struct journal *journal;

	if (!flow)
		return;
	journal = &flow->journals[direction];
	if (event->news == TRACK_SENT || event->news == TRACK_ABSENT) {
		note_copy(journals, connection, direction, event);
		return;
	}
	if (event->copy >= journal->count)
		return;
	switch (event->news) {
	case TRACK_LOST:
		journal->copies[event->copy].fate = COPY_LOST;
		break;
	case TRACK_LATE: /* it came by as a copy of its own */
		journal->copies[event->copy].payload = journal->copies[event->copy].overhead = 0;
		journal->copies[event->copy].fate = COPY_PASSED;
		break;
	case TRACK_ARRIVED:
		journal->copies[event->copy].fate = COPY_PASSED;
		break;
	case TRACK_MISSED:
		journal->copies[event->copy].fate = COPY_UNSEEN;
		break;
	case TRACK_RTT:
		journal->copies[event->copy].rtt_us = (uint32_t)(event->bytes / 1000);
		break;
	default:
		break;
	}
}

/* What was never acknowledged has no known fate: a stretch on the board at the end. */
static void close_journal(
	struct journal *journal, struct connection *connection, enum direction direction)
{
	const struct track *track = &connection->tracks[direction];

	journal->rtt_min_ns = track->rtt_min_ns;
	journal->vantage = connection_vantage(connection, direction);
	for (uint32_t i = 0; i < track->board.count; i++) {
		const struct stretch *stretch = scoreboard_at(&track->board, i);

		if (!(stretch->flags & STRETCH_SACKED) && stretch->copy < journal->count)
			journal->copies[stretch->copy].flags |= COPY_PENDING;
	}
}

void journals_ended(struct journals *journals, struct connection *connection)
{
	struct flow_journals *flow = flow_of(journals, connection);

	if (!flow)
		return;
	close_journal(&flow->journals[DIRECTION_UP], connection, DIRECTION_UP);
	close_journal(&flow->journals[DIRECTION_DOWN], connection, DIRECTION_DOWN);
	if (journals->count == journals->room) {
		size_t room = journals->room ? journals->room * 2 : 256;
		struct flow_journals **larger = realloc(journals->flows, room * sizeof(*larger));

		if (!larger) {
			journals->failed = true;
			return;
		}
		journals->flows = larger;
		journals->room = room;
	}
	journals->flows[journals->count++] = flow;
}

static int by_id(const void *a, const void *b)
{
	const struct flow_journals *const *left = a, *const *right = b;

	return (*left)->id < (*right)->id ? -1 : (*left)->id > (*right)->id;
}

void journals_sort(struct journals *journals)
{
	if (journals->count)
		qsort(journals->flows, journals->count, sizeof(struct flow_journals *), by_id);
}

void journals_free(struct journals *journals)
{
	for (size_t i = 0; i < journals->count; i++) {
		free(journals->flows[i]->journals[0].copies);
		free(journals->flows[i]->journals[1].copies);
		free(journals->flows[i]);
	}
	free(journals->flows);
	*journals = (struct journals){0};
}

static void on_packet(void *context, struct connection *connection, enum direction direction,
	const struct packet *packet)
{
	journals_packet(context, connection, direction, packet);
}

static void on_news(void *context, struct connection *connection, enum direction direction,
	const struct track_event *event)
{
	journals_heard(context, connection, direction, event);
}

static void on_end(void *context, struct connection *connection)
{
	journals_ended(context, connection);
}

const struct connections_listener journals_listener = {on_packet, on_news, on_end, NULL};
