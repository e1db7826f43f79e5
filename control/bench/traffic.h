/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of many flows without a port: 64-byte frames that are written into a few buffers just
 * before they are wanted, so that they are as warm as a card's cache-injected ones and nobody's
 * cost includes making them. Flow i always has the same addresses and ports, spread at random.
 *
 * Clients are in 10.0.0.0/8 (fd00:a::/32), servers in 198.18.0.0/15 (fd00:b::/32); a tenth of the
 * flows has its server in the upper half, 198.19.0.0/16 (fd00:b:8000::/33), for rules to take.
 */
#ifndef SLUICE_TRAFFIC_H
#define SLUICE_TRAFFIC_H

#include "control/bench/contest.h"

#include "classifiers/packet.h"
#include "dataplane/pipeline.h"

enum { TRAFFIC_FRAME_BYTES = 60 /* and FCS */, TRAFFIC_FLOWS_MAX = 1 << 24 };

struct traffic_frame {
	_Alignas(64) uint8_t bytes[128];
	uint32_t length;
	uint32_t flow;
};

struct traffic {
	struct setting setting;
	uint64_t seed, drawn, next;
	double zipf[3]; /* constants of the sampler */
	struct traffic_frame frames[BURST];
};

void traffic_begin(struct traffic *traffic, const struct setting *setting, uint64_t seed);

/* The next burst: flows in the setting's order, either direction at random. */
void traffic_next(struct traffic *traffic);

/* Packet `which` of flow `flow`, which opens it: 0 from the client, 1 back. Each is a DNS message,
 * so that nobody has to look at the flow's next packets to know what it is. */
void traffic_open(
	struct traffic_frame *frame, const struct setting *setting, uint32_t flow, unsigned which);

#endif
