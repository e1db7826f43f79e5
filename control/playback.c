/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/playback.h"

#include "control/lane.h"
#include "control/progress.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct worker {
	struct playback *playback;
	unsigned number;
	pthread_t thread;
	struct failure failure;
};

struct playback {
	struct playback_options options;
	uint64_t table_seed;
	struct ring *ring;
	struct timeline timeline;
	uint64_t packets;
	struct lane *lanes[SHARDS];
	struct worker workers[SHARDS];
	unsigned interface_count;
	struct playback_interface interfaces[PLAYBACK_INTERFACES_MAX];
	playback_sink sink;
	void *sink_context;
	struct failure sink_failure;
};

/* Of what all shards may have, one shard's part. */
static uint32_t part_of(const struct playback *playback, uint32_t all)
{
	return playback->options.ruleset->shared_count ? all : (all + SHARDS - 1) / SHARDS;
}

static bool make_lanes(struct playback *playback)
{
	const struct playback_options *options = &playback->options;
	struct pipeline_options of = {
		.ruleset = options->ruleset,
		.inside = options->inside,
		.seed = options->seed,
		.table_seed = playback->table_seed,
		.flows = part_of(playback, options->flows),
		.hold = part_of(playback, options->hold),
		.ports = options->files,
		.growing = true,
		.ndpi_alone = options->ndpi_alone,
		.fingerprints = options->fingerprints,
		.guess_ports = options->guess_ports,
	};

	for (int shard = 0; shard < SHARDS; shard++) {
		playback->lanes[shard] = lane_new(&of);
		if (!playback->lanes[shard])
			return false;
	}
	return lane_begin(playback->lanes[0]);
}

struct playback *playback_new(const struct playback_options *options, struct failure *failure)
{
	struct playback *playback = calloc(1, sizeof(*playback));

	if (!playback) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	playback->options = *options;
	playback->timeline = timeline_begin(options->speed);
	if (getrandom(&playback->table_seed, sizeof(playback->table_seed), 0) < 0)
		playback->table_seed = (uintptr_t)playback;
	playback->ring = ring_new(options->workers);
	if (playback->ring && make_lanes(playback))
		return playback;
	failure_set(failure, EXIT_REFUSED, "out of memory for %u flows: try fewer (--flows)",
		options->flows);
	playback_free(playback);
	return NULL;
}

void playback_free(struct playback *playback)
{
	if (!playback)
		return;
	for (int shard = 0; shard < SHARDS; shard++)
		lane_free(playback->lanes[shard]);
	ring_free(playback->ring);
	free(playback);
}

/* Reader */

static bool interface_for(struct playback *playback, const struct capture_frame *frame,
	uint8_t *number, struct failure *failure)
{
	unsigned i = 0;

	while (i < playback->interface_count &&
		(playback->interfaces[i].link != frame->link ||
			playback->interfaces[i].file != frame->file))
		i++;
	if (i == PLAYBACK_INTERFACES_MAX)
		return failure_set(failure, EXIT_BAD_INPUT, "more than %d captures in one run",
			PLAYBACK_INTERFACES_MAX);
	playback->interfaces[i] = (struct playback_interface){frame->link, frame->file};
	if (i == playback->interface_count)
		playback->interface_count++;
	*number = i;
	return true;
}

static void place(struct playback *playback, struct chunk *chunk, const uint8_t *bytes,
	const struct capture_frame *frame)
{
	struct packet *packet = &chunk->packets[chunk->count];
	uint32_t shard;

	packet_parse(packet, frame->link, bytes, frame->captured, frame->wire);
	packet->index = ++playback->packets;
	packet->port = frame->file;
	packet->time_ns = timeline_at(&playback->timeline, frame->time_ns);
	chunk->captured_ns[chunk->count] = frame->time_ns;
	shard = pipeline_shard(playback->options.ruleset, packet, SHARDS);
	chunk->shard_packets[shard][chunk->shard_count[shard]++] = chunk->count;
	chunk->count++;
}

static bool add_frame(struct playback *playback, struct chunk **chunk,
	const struct capture_frame *frame, struct failure *failure)
{
	const uint8_t *bytes;

	if (!chunk_has_room(*chunk, frame->captured)) {
		ring_filled(playback->ring);
		*chunk = ring_empty(playback->ring);
		if (!*chunk)
			return false;
	}
	bytes = chunk_frame(*chunk, frame->data, frame->captured, frame->piece);
	if (!bytes)
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	if (!interface_for(playback, frame, &(*chunk)->interface[(*chunk)->count], failure))
		return false;
	place(playback, *chunk, bytes, frame);
	return true;
}

static void show_progress(const struct playback *playback, struct progress *progress)
{
	uint64_t done, total;

	capture_progress(playback->options.capture, &done, &total);
	progress_update(progress, done, total);
}

static bool read_all(struct playback *playback, struct warnings *warnings, struct failure *failure)
{
	struct chunk *chunk = ring_empty(playback->ring);
	struct capture_frame frame;
	struct progress progress;
	int more = 1;

	progress_begin(&progress, playback->options.what);
	while (chunk && more > 0) {
		more = capture_next(playback->options.capture, &frame, warnings, failure);
		if (more <= 0)
			break;
		if (!add_frame(playback, &chunk, &frame, failure))
			chunk = NULL;
		if (playback->packets % CHUNK_PACKETS == 0)
			show_progress(playback, &progress);
	}
	progress_end(&progress);
	if (!chunk || more < 0)
		return false;
	ring_filled(playback->ring);
	chunk = ring_empty(playback->ring);
	if (!chunk)
		return false;
	chunk->last = true;
	ring_filled(playback->ring);
	return true;
}

/* Workers */

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct playback *playback = worker->playback;
	struct chunk *chunk;
	bool last = false;

	pthread_setname_np(pthread_self(), "sluice worker");
	while (!last && (chunk = ring_work(playback->ring, worker->number))) {
		last = chunk->last;
		for (unsigned shard = worker->number; shard < SHARDS;
			shard += playback->options.workers) {
			if (!lane_play(playback->lanes[shard], chunk, shard)) {
				failure_set(&worker->failure, EXIT_REFUSED,
					"out of memory for %u flows: try fewer (--flows)",
					playback->options.flows);
				ring_stop(playback->ring);
			}
		}
		ring_worked(playback->ring, worker->number);
	}
	return NULL;
}

/* Writer */

static void *hand_on(void *argument)
{
	struct playback *playback = argument;
	struct chunk *chunk;
	bool last = false;

	pthread_setname_np(pthread_self(), "sluice writer");
	while (!last && (chunk = ring_done(playback->ring))) {
		last = chunk->last;
		if (!playback->sink(playback->sink_context, chunk, &playback->sink_failure))
			ring_stop(playback->ring);
		ring_written(playback->ring);
	}
	return NULL;
}

static void take_failure(struct failure *into, const struct failure *from)
{
	if (from->exit_code)
		failure_set(into, from->exit_code, "%s", from->line);
}

static unsigned start_workers(struct playback *playback)
{
	unsigned started = 0;

	for (; started < playback->options.workers; started++) {
		struct worker *worker = &playback->workers[started];

		worker->playback = playback;
		worker->number = started;
		if (pthread_create(&worker->thread, NULL, work, worker))
			break;
	}
	return started;
}

bool playback_run(struct playback *playback, playback_sink sink, void *context,
	struct warnings *warnings, struct failure *failure)
{
	unsigned started = start_workers(playback);
	bool complete = started == playback->options.workers;
	pthread_t writer;

	playback->sink = sink;
	playback->sink_context = context;
	complete = complete && !pthread_create(&writer, NULL, hand_on, playback);
	if (!complete)
		failure_set(failure, EXIT_REFUSED, "cannot start threads");
	if (!complete || !read_all(playback, warnings, failure))
		ring_stop(playback->ring);
	for (unsigned i = 0; i < started; i++) {
		pthread_join(playback->workers[i].thread, NULL);
		take_failure(failure, &playback->workers[i].failure);
	}
	if (complete)
		pthread_join(writer, NULL);
	take_failure(failure, &playback->sink_failure);
	return !failure->exit_code;
}

struct playback_interface playback_interface(const struct playback *playback, unsigned number)
{
	return playback->interfaces[number];
}

const struct pipeline *playback_pipeline(const struct playback *playback)
{
	return lane_pipeline(playback->lanes[0]);
}

const struct timeline *playback_timeline(const struct playback *playback)
{
	return &playback->timeline;
}

bool playback_counters(const struct playback *playback, struct counters *sum)
{
	if (!counters_begin(sum, playback->options.ruleset->slot_count, playback->options.files))
		return false;
	for (int shard = 0; shard < SHARDS; shard++) {
		struct pipeline *pipeline = lane_pipeline(playback->lanes[shard]);

		if (pipeline)
			counters_add(sum, pipeline_counters(pipeline));
	}
	return true;
}
