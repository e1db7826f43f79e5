/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays a capture through the pipeline: one thread reads, some work, one hands the results on in
 * the order of the capture. What comes out is the same for any number of workers.
 */
#ifndef SLUICE_PLAYBACK_H
#define SLUICE_PLAYBACK_H

#include "control/capture.h"
#include "control/chunk.h"
#include "control/timeline.h"

#include "dataplane/pipeline.h"

struct playback_options {
	struct capture *capture;
	uint16_t files;
	const struct ruleset *ruleset;
	const struct prefixes *inside;
	uint64_t seed;
	uint32_t flows;   /* most live flows, all shards together */
	uint32_t hold;    /* most packets held at once, likewise: each shard has its part */
	unsigned workers; /* 1 to SHARDS */
	double speed;
	bool guess_ports;
	bool fingerprints; /* see pipeline.h */
	bool ndpi_alone;   /* see pipeline.h */
	const char *what;  /* for the progress line: "replay" */
};

/* A framing of one file, as the output captures declare it. */
struct playback_interface {
	enum link_layer link;
	uint16_t file;
};

enum { PLAYBACK_INTERFACES_MAX = 255 };

struct playback;

/* NULL with *failure set when memory cannot be had. */
struct playback *playback_new(const struct playback_options *options, struct failure *failure);
void playback_free(struct playback *playback);

/* What gets each chunk, on a thread of its own; false stops the run, with *failure set. */
typedef bool (*playback_sink)(void *context, const struct chunk *chunk, struct failure *failure);

bool playback_run(struct playback *playback, playback_sink sink, void *context,
	struct warnings *warnings, struct failure *failure);

/* In the sink: the framing behind chunk->interface[i]. */
struct playback_interface playback_interface(const struct playback *playback, unsigned number);

/* For names of applications: any shard's pipeline. */
const struct pipeline *playback_pipeline(const struct playback *playback);

/* After the run. */
const struct timeline *playback_timeline(const struct playback *playback);
bool playback_counters(const struct playback *playback, struct counters *sum);

#endif
