/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happened to each flow and direction in equal stretches of time, written as each stretch
 * ends. Only flows with a packet in it have a row.
 */
#ifndef SLUICE_MEASURE_BINS_H
#define SLUICE_MEASURE_BINS_H

#include "control/measure/connections.h"

#include <stdio.h>

struct bins;

struct bins_options {
	uint64_t bin_ns;
	bool json; /* an object a line; else CSV */
	FILE *out; /* the caller's */
};

/* Writes the header. NULL when memory is gone. */
struct bins *bins_begin(const struct bins_options *options);

/* Time goes on, before the packets of that time. */
void bins_time(struct bins *bins, uint64_t now_ns);

/* False when memory is gone, then and later. */
bool bins_packet(struct bins *bins, struct connection *connection, enum direction direction,
	const struct packet *packet);
void bins_heard(struct bins *bins, struct connection *connection, enum direction direction,
	const struct track_event *event);
void bins_ended(struct bins *bins, struct connection *connection);

/* Writes the last rows and frees. False when memory was gone on the way. */
bool bins_end(struct bins *bins);

#endif
