/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/load.h"

#include "control/capture.h"
#include "control/mend.h"

#include <stdlib.h>
#include <string.h>

enum { ETHERNET_BYTES = 14, TUPLE_ROOM = 1024 };

static uint64_t mix(uint64_t hash, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull; /* FNV-1a */
	return hash;
}

static uint64_t hash_end(const struct packet *packet, const uint8_t *address, uint16_t port)
{
	const uint8_t rest[] = {port >> 8, port & 0xff, packet->proto, packet->ip_version};
	uint64_t hash = mix(0xcbf29ce484222325ull, address, packet->ip_version == 4 ? 4 : 16);

	hash = mix(hash, rest, sizeof(rest));
	return hash ^ hash >> 29;
}

/* True when it was not there. There is room. */
static bool put_tuple(uint64_t *tuples, size_t room, uint64_t tuple)
{
	size_t at = (tuple * 0x9e3779b97f4a7c15ull >> 20) & (room - 1);

	while (tuples[at] && tuples[at] != tuple)
		at = (at + 1) & (room - 1);
	if (tuples[at])
		return false;
	tuples[at] = tuple;
	return true;
}

static bool widen_tuples(struct load *load)
{
	size_t room = load->tuple_room ? load->tuple_room * 2 : TUPLE_ROOM;
	uint64_t *tuples = calloc(room, sizeof(*tuples));

	if (!tuples)
		return false;
	for (size_t i = 0; i < load->tuple_room; i++) {
		if (load->tuples[i])
			put_tuple(tuples, room, load->tuples[i]);
	}
	free(load->tuples);
	load->tuples = tuples;
	load->tuple_room = room;
	return true;
}

static bool count_flow(struct load *load, const struct packet *packet)
{
	uint64_t tuple;

	if (packet->kind != PACKET_FLOW)
		return true;
	if (load->flows * 2 >= load->tuple_room && !widen_tuples(load))
		return false;
	tuple = hash_end(packet, packet_source(packet), packet->source_port) +
		hash_end(packet, packet_destination(packet), packet->destination_port);
	load->flows += put_tuple(load->tuples, load->tuple_room, tuple ? tuple : 1);
	return true;
}

static struct parcel *next_place(struct load *load)
{
	size_t room = load->room ? load->room * 2 : 1024;
	struct parcel *parcels;

	if (load->count < load->room)
		return &load->parcels[load->count];
	parcels = realloc(load->parcels, room * sizeof(*parcels));
	if (!parcels)
		return NULL;
	load->parcels = parcels;
	load->room = room;
	return &load->parcels[load->count];
}

/* The header that stands for another framing's. */
static void put_ethernet(uint8_t *frame, uint8_t ip_version)
{
	static const uint8_t addresses[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

	memcpy(frame, addresses, sizeof(addresses));
	frame[12] = ip_version == 4 ? 0x08 : 0x86;
	frame[13] = ip_version == 4 ? 0x00 : 0xdd;
}

static bool store(struct load *load, const struct load_options *options,
	const struct capture_frame *frame, const struct packet *packet)
{
	bool ethernet = frame->link == LINK_ETHERNET;
	uint32_t gone = ethernet ? 0 : packet->l3_at, head = ethernet ? 0 : ETHERNET_BYTES;
	struct parcel *parcel = next_place(load);

	if (!parcel)
		return false;
	*parcel = (struct parcel){
		.position = frame->time_ns > load->first_ns ? frame->time_ns - load->first_ns : 0,
		.bytes = (uint16_t)(frame->wire - gone + head),
		.captured = (uint16_t)(frame->captured - gone + head),
	};
	parcel->data = calloc(1, parcel->bytes);
	if (!parcel->data)
		return false;
	if (!ethernet)
		put_ethernet(parcel->data, packet->ip_version);
	memcpy(parcel->data + head, frame->data + gone, frame->captured - gone);
	/* A file whose own time runs backwards is sent in its order. */
	if (load->count && parcel->position < parcel[-1].position)
		parcel->position = parcel[-1].position;
	load->count++;
	load->cut += parcel->captured < parcel->bytes;
	if (options->readdress &&
		(mend_frame(options->readdress, 0, parcel->data, parcel->captured, parcel->bytes) &
			MEND_MAPPED))
		load->mapped++;
	return count_flow(load, packet);
}

static bool is_sendable(const struct capture_frame *frame, const struct packet *packet)
{
	bool ip = packet->kind == PACKET_FLOW || packet->kind == PACKET_FRAGMENT;

	if (frame->captured > frame->wire || frame->wire > PARCEL_BYTES_MAX - ETHERNET_BYTES)
		return false;
	return frame->link == LINK_ETHERNET ? frame->captured >= ETHERNET_BYTES : ip;
}

static bool take(struct load *load, const struct load_options *options,
	const struct capture_frame *frame, struct failure *failure)
{
	struct packet packet;

	packet_parse(&packet, frame->link, frame->data, frame->captured, frame->wire);
	if (!is_sendable(frame, &packet)) {
		load->skipped++;
		return true;
	}
	if (!load->memory)
		load->first_ns = frame->time_ns;
	load->memory += frame->wire + sizeof(struct parcel);
	if (load->memory > options->memory_max || store(load, options, frame, &packet))
		return true;
	return failure_set(failure, EXIT_REFUSED, "out of memory");
}

static bool take_all(struct load *load, const struct load_options *options, struct capture *capture,
	struct warnings *warnings, struct failure *failure)
{
	struct capture_frame frame;
	int got;

	while ((got = capture_next(capture, &frame, warnings, failure)) > 0) {
		if (!take(load, options, &frame, failure))
			return false;
	}
	if (got < 0)
		return false;
	if (load->memory > options->memory_max)
		return failure_set(failure, EXIT_REFUSED,
			"the frames take %llu MB and %llu MB are allowed: --memory %llu",
			(unsigned long long)(load->memory >> 20) + 1,
			(unsigned long long)options->memory_max >> 20,
			(unsigned long long)(load->memory >> 20) + 1);
	if (!load->count)
		return failure_set(
			failure, EXIT_BAD_INPUT, "%s: holds nothing to send", options->paths[0]);
	return true;
}

bool load_captures(struct load *load, const struct load_options *options, struct warnings *warnings,
	struct failure *failure)
{
	struct capture *capture = capture_open(options->paths, options->count, failure);
	bool good;

	if (!capture)
		return false;
	good = take_all(load, options, capture, warnings, failure);
	capture_close(capture);
	return good;
}

void load_free(struct load *load)
{
	for (size_t i = 0; i < load->count; i++)
		free(load->parcels[i].data);
	free(load->parcels);
	free(load->tuples);
	*load = (struct load){0};
}
