/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures in memory, sorted into flows, for contests that want real traffic: every packet parsed,
 * each flow's packets together in the order of their times.
 */
#ifndef SLUICE_CORPUS_H
#define SLUICE_CORPUS_H

#include "control/failure.h"

#include "classifiers/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct corpus_flow {
	const struct packet *packets; /* of one file; the first one's source is the client */
	uint32_t count;
	bool *from_client; /* of each packet */
};

struct corpus {
	uint32_t flow_count, packet_count;
	struct corpus_flow *flows;
	struct packet *packets;
	bool *from_client;
	uint8_t *frames;
	size_t frame_bytes;
};

enum { CORPUS_BYTES_MAX = 1 << 30 };

/* All of them; at most CORPUS_BYTES_MAX of frames. False with *failure set. Free it either way. */
bool corpus_read(
	struct corpus *corpus, const char *const *paths, size_t count, struct failure *failure);
void corpus_free(struct corpus *corpus);

#endif
