/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/goodput.h"

#include "control/measure/passage.h"

#include <stdlib.h>

enum { ROOM_AT_FIRST = 1024 };

static bool add(struct goodput_steps *steps, uint64_t time_ns, uint64_t bytes)
{
	if (steps->count == steps->room) {
		size_t room = steps->room ? steps->room * 2 : ROOM_AT_FIRST;
		struct goodput_step *larger = realloc(steps->rows, room * sizeof(*larger));

		if (!larger)
			return false;
		steps->rows = larger;
		steps->room = room;
	}
	steps->rows[steps->count++] = (struct goodput_step){time_ns, (uint32_t)bytes};
	steps->bytes += bytes;
	return true;
}

static void on_packet(void *context, struct connection *connection, enum direction direction,
	const struct packet *packet)
{
	struct goodput *goodput = context;
	struct goodput_way *way = &goodput->ways[direction];

	if (!packet->payload_bytes)
		return;
	if (!way->any)
		way->first_ns = packet->time_ns;
	way->any = true;
	way->last_ns = packet->time_ns;
	if (connection->proto != PROTO_UDP)
		return;
	goodput->failed |= !add(&way->sent, packet->time_ns, packet->payload_bytes) ||
			   !add(&way->acknowledged, packet->time_ns, packet->payload_bytes);
}

static void on_news(void *context, struct connection *connection, enum direction direction,
	const struct track_event *event)
{
	struct goodput *goodput = context;
	struct goodput_way *way = &goodput->ways[direction];

	(void)connection;
	if (event->news == TRACK_ACKNOWLEDGED)
		goodput->failed |= !add(&way->acknowledged, event->time_ns, event->bytes);
	else if (event->news == TRACK_SENT && !event->again && event->bytes)
		goodput->failed |= !add(&way->sent, event->time_ns, event->bytes);
}

static void on_end(void *context, struct connection *connection)
{
	(void)context;
	(void)connection;
}

bool goodput_read(const char *path, struct goodput *goodput, struct warnings *warnings,
	struct failure *failure)
{
	const struct passage_listener listener = {
		.connections = {on_packet, on_news, on_end, goodput}};
	struct option_list captures = {&path, 1};
	struct passage_totals totals = {0};

	if (!passage_run(&captures, "measure compare", &listener, &totals, warnings, failure))
		return false;
	return !goodput->failed || failure_set(failure, EXIT_REFUSED, "out of memory");
}

void goodput_free(struct goodput *goodput)
{
	for (int d = 0; d < 2; d++) {
		free(goodput->ways[d].acknowledged.rows);
		free(goodput->ways[d].sent.rows);
	}
}

static const struct goodput_steps *steps_of(const struct goodput_way *way)
{
	return way->acknowledged.bytes * 2 >= way->sent.bytes ? &way->acknowledged : &way->sent;
}

uint64_t goodput_bytes(const struct goodput *goodput, enum direction direction)
{
	return steps_of(&goodput->ways[direction])->bytes;
}

double goodput_seconds(const struct goodput *goodput, enum direction direction)
{
	const struct goodput_way *way = &goodput->ways[direction];
	const struct goodput_steps *steps = steps_of(way);
	uint64_t last_ns = way->last_ns;

	if (steps->count && steps->rows[steps->count - 1].time_ns > last_ns)
		last_ns = steps->rows[steps->count - 1].time_ns;
	return (double)(last_ns - way->first_ns) / 1e9;
}

void goodput_bins(const struct goodput *goodput, enum direction direction, double seconds,
	double *bins, size_t count)
{
	const struct goodput_way *way = &goodput->ways[direction];
	const struct goodput_steps *steps = steps_of(way);

	for (size_t i = 0; i < count; i++)
		bins[i] = 0;
	for (size_t i = 0; i < steps->count; i++) {
		double at = (double)(steps->rows[i].time_ns - way->first_ns) / 1e9 / seconds;
		size_t bin = (size_t)at;

		if (bin == count && at - (double)count < 1e-6)
			bin--;
		if (bin < count)
			bins[bin] += steps->rows[i].bytes * 8 / seconds;
	}
}
