/* SPDX-License-Identifier: BSD-3-Clause */
/* What happened to one flow in one stretch of time, and how it is written. */
#ifndef SLUICE_MEASURE_BIN_ROW_H
#define SLUICE_MEASURE_BIN_ROW_H

#include "control/measure/connections.h"

#include <stdio.h>

struct bin_counts {
	uint64_t packets, bytes, payload;           /* bytes: L3 */
	uint64_t fresh;                             /* payload that was not seen before */
	uint64_t acknowledged;                      /* payload whose arrival became known */
	uint64_t again, lost, lost_before, arrived; /* copies; arrived: that counted as lost */
	uint64_t late, duplicated, kept_alive;      /* packets */
	uint64_t missed;                            /* bytes that the capture has not */
	uint64_t rtts, rtt_sum_ns, rtt_min_ns, rtt_max_ns;
	uint64_t flight_max, window_min; /* bytes; window: UINT64_MAX none was offered */
};

struct bin {
	struct bin *next;              /* among those not in use */
	struct connection *connection; /* NULL: it has ended */
	uint64_t flow;
	uint8_t client[16], server[16];
	uint16_t client_port, server_port;
	uint8_t ip_version, proto;
	uint8_t vantage[2];          /* enum vantage, by direction */
	struct bin_counts counts[2]; /* by direction */
};

struct bin_place {
	uint64_t begin_ns; /* since the epoch */
	uint64_t since_ns; /* since the first stretch */
	uint64_t length_ns;
	enum direction direction;
};

void bin_begin(struct bin *bin, struct connection *connection);
void bin_packet(struct bin *bin, enum direction direction, const struct packet *packet);
void bin_heard(struct bin *bin, enum direction direction, const struct track_event *event,
	const struct track *track);

void bin_row_header(FILE *out);
void bin_row_csv(const struct bin *bin, const struct bin_place *place, FILE *out);
void bin_row_json(const struct bin *bin, const struct bin_place *place, FILE *out);

#endif
