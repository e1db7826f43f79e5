/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/bins.h"

#include "control/measure/bin_row.h"

#include <stdlib.h>

struct bins {
	struct bins_options options;
	uint64_t begin_ns, first_ns; /* of the stretch at hand, of the first one */
	bool begun, failed;
	struct bin **bins; /* of the stretch at hand */
	size_t count, room;
	struct bin *spare; /* used before, to be used again */
};

struct bins *bins_begin(const struct bins_options *options)
{
	struct bins *bins = calloc(1, sizeof(*bins));

	if (!bins)
		return NULL;
	bins->options = *options;
	if (!options->json)
		bin_row_header(options->out);
	return bins;
}

static int by_flow(const void *a, const void *b)
{
	const struct bin *const *left = a, *const *right = b;

	return (*left)->flow < (*right)->flow ? -1 : (*left)->flow > (*right)->flow;
}

static void write_direction(struct bins *bins, struct bin *bin, enum direction direction)
{
	struct bin_place place = {
		.begin_ns = bins->begin_ns,
		.since_ns = bins->begin_ns - bins->first_ns,
		.length_ns = bins->options.bin_ns,
		.direction = direction,
	};

	if (bin->connection)
		bin->vantage[direction] = connection_vantage(bin->connection, direction);
	if (!bin->counts[direction].packets && !bin->counts[direction].acknowledged)
		return;
	if (bins->options.json)
		bin_row_json(bin, &place, bins->options.out);
	else
		bin_row_csv(bin, &place, bins->options.out);
}

/* Rows of the stretch at hand, which is over. */
static void write_all(struct bins *bins)
{
	qsort(bins->bins, bins->count, sizeof(struct bin *), by_flow);
	for (size_t i = 0; i < bins->count; i++) {
		struct bin *bin = bins->bins[i];

		write_direction(bins, bin, DIRECTION_UP);
		write_direction(bins, bin, DIRECTION_DOWN);
		if (bin->connection)
			bin->connection->owner = NULL;
		bin->next = bins->spare;
		bins->spare = bin;
	}
	bins->count = 0;
}

void bins_time(struct bins *bins, uint64_t now_ns)
{
	uint64_t length = bins->options.bin_ns;

	if (!bins->begun) {
		bins->begun = true;
		bins->begin_ns = bins->first_ns = now_ns / length * length;
	}
	if (now_ns < bins->begin_ns + length)
		return;
	if (bins->count)
		write_all(bins);
	bins->begin_ns += (now_ns - bins->begin_ns) / length * length;
}

static struct bin *bin_new(struct bins *bins)
{
	struct bin *bin = bins->spare;

	if (bins->count == bins->room) {
		size_t room = bins->room ? bins->room * 2 : 256;
		struct bin **larger = realloc(bins->bins, room * sizeof(*larger));

		if (!larger)
			return NULL;
		bins->bins = larger;
		bins->room = room;
	}
	if (!bin)
		return malloc(sizeof(*bin));
	bins->spare = bin->next;
	return bin;
}

/* The connection's bin of the stretch at hand; NULL when memory is gone. */
static struct bin *bin_of(struct bins *bins, struct connection *connection)
{
	struct bin *bin = connection->owner;

	if (bin)
		return bin;
	bin = bin_new(bins);
	if (!bin) {
		bins->failed = true;
		return NULL;
	}
	bin_begin(bin, connection);
	connection->owner = bin;
	return bins->bins[bins->count++] = bin;
}

bool bins_packet(struct bins *bins, struct connection *connection, enum direction direction,
	const struct packet *packet)
{
	struct bin *bin = bin_of(bins, connection);

	if (bin)
		bin_packet(bin, direction, packet);
	return bin != NULL;
}

void bins_heard(struct bins *bins, struct connection *connection, enum direction direction,
	const struct track_event *event)
{
	struct bin *bin = bin_of(bins, connection);

	if (bin)
		bin_heard(bin, direction, event, &connection->tracks[direction]);
}

void bins_ended(struct bins *bins, struct connection *connection)
{
	struct bin *bin = connection->owner;

	if (!bin)
		return;
	for (int direction = 0; direction < 2; direction++)
		bin->vantage[direction] = connection_vantage(connection, direction);
	bin->connection = NULL;
}

bool bins_end(struct bins *bins)
{
	bool good = !bins->failed;

	write_all(bins);
	while (bins->spare) {
		struct bin *next = bins->spare->next;

		free(bins->spare);
		bins->spare = next;
	}
	free(bins->bins);
	free(bins);
	return good;
}
