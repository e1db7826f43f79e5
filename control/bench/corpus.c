/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/bench/corpus.h"

#include "control/capture.h"

#include "dataplane/flow_key.h"

#include <stdlib.h>
#include <string.h>

/* A packet on its way into its flow. */
struct sorted {
	struct flow_key key;
	uint64_t first; /* where the flow begins in the input, then where this packet is */
	struct packet packet;
	size_t frame; /* offset into the frames, which move while they grow */
	bool low;
};

struct reading {
	struct corpus *corpus;
	struct sorted *packets;
	size_t room, frame_room;
};

static bool grow(void **memory, size_t *room, size_t wanted, size_t size)
{
	size_t more = *room ? *room : 1 << 16;
	void *grown;

	if (wanted <= *room)
		return true;
	while (more < wanted)
		more *= 2;
	grown = realloc(*memory, more * size);
	if (!grown)
		return false;
	*memory = grown;
	*room = more;
	return true;
}

static bool add(struct reading *reading, const struct capture_frame *frame, struct failure *failure)
{
	static const uint64_t seed[2] = {0x9ae16a3b2f90404full, 0xc3a5c85c97cb3127ull};
	struct corpus *corpus = reading->corpus;
	struct sorted *sorted;
	struct packet packet;

	if (corpus->frame_bytes + frame->captured > CORPUS_BYTES_MAX)
		return failure_set(failure, EXIT_BAD_INPUT,
			"--capture: more than %d MB of frames are not kept in memory",
			CORPUS_BYTES_MAX >> 20);
	packet_parse(&packet, frame->link, frame->data, frame->captured, frame->wire);
	if (packet.kind != PACKET_FLOW)
		return true;
	if (!grow((void **)&corpus->frames, &reading->frame_room,
		    corpus->frame_bytes + frame->captured, 1) ||
		!grow((void **)&reading->packets, &reading->room, corpus->packet_count + 1,
			sizeof(*reading->packets)))
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	sorted = &reading->packets[corpus->packet_count++];
	packet.time_ns = frame->time_ns;
	packet.index = corpus->packet_count;
	packet.port = frame->file;
	sorted->packet = packet;
	sorted->key = flow_key_with(&packet, seed, &sorted->low);
	sorted->frame = corpus->frame_bytes;
	memcpy(corpus->frames + corpus->frame_bytes, frame->data, frame->captured);
	corpus->frame_bytes += frame->captured;
	return true;
}

static int by_flow(const void *a, const void *b)
{
	const struct sorted *one = a, *other = b;
	int order = memcmp(&one->key, &other->key, sizeof(one->key));

	if (one->packet.port != other->packet.port)
		return one->packet.port < other->packet.port ? -1 : 1;
	if (order)
		return order;
	return one->packet.index < other->packet.index ? -1 : 1;
}

/* Flows in the order of their first packets, as they come to a box. */
static int by_first(const void *a, const void *b)
{
	const struct corpus_flow *one = a, *other = b;

	return one->packets->index < other->packets->index ? -1 : 1;
}

static bool is_same_flow(const struct sorted *one, const struct sorted *other)
{
	return one->packet.port == other->packet.port &&
	       !memcmp(&one->key, &other->key, sizeof(one->key));
}

static bool arrange(struct reading *reading)
{
	struct corpus *corpus = reading->corpus;
	struct corpus_flow *flow = NULL;
	bool low = false;

	corpus->flows = calloc(corpus->packet_count + 1, sizeof(*corpus->flows));
	corpus->packets = calloc(corpus->packet_count + 1, sizeof(*corpus->packets));
	corpus->from_client = calloc(corpus->packet_count + 1, sizeof(bool));
	if (!corpus->flows || !corpus->packets || !corpus->from_client)
		return false;
	if (corpus->packet_count)
		qsort(reading->packets, corpus->packet_count, sizeof(*reading->packets), by_flow);
	for (uint32_t i = 0; i < corpus->packet_count; i++) {
		struct sorted *sorted = &reading->packets[i];

		corpus->packets[i] = sorted->packet;
		corpus->packets[i].frame = corpus->frames + sorted->frame;
		if (!i || !is_same_flow(sorted, sorted - 1)) {
			flow = &corpus->flows[corpus->flow_count++];
			*flow = (struct corpus_flow){
				&corpus->packets[i], 0, &corpus->from_client[i]};
			low = sorted->low;
		}
		corpus->from_client[i] = sorted->low == low;
		flow->count++;
	}
	qsort(corpus->flows, corpus->flow_count, sizeof(*corpus->flows), by_first);
	return true;
}

bool corpus_read(
	struct corpus *corpus, const char *const *paths, size_t count, struct failure *failure)
{
	struct reading reading = {.corpus = corpus};
	struct capture *capture = capture_open(paths, count, failure);
	struct warnings warnings = {0};
	struct capture_frame frame;
	int more = 1;

	memset(corpus, 0, sizeof(*corpus));
	if (!capture)
		return false;
	capture_forgo_digests(capture);
	while (more > 0) {
		more = capture_next(capture, &frame, &warnings, failure);
		if (more > 0 && !add(&reading, &frame, failure))
			more = -1;
	}
	capture_close(capture);
	if (more == 0 && !arrange(&reading)) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		more = -1;
	}
	free(reading.packets);
	return more == 0;
}

void corpus_free(struct corpus *corpus)
{
	free(corpus->flows);
	free(corpus->packets);
	free(corpus->from_client);
	free(corpus->frames);
}
