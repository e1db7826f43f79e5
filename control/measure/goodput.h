/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a capture's flows got through in each direction, over time, all flows together: TCP payload
 * when it is acknowledged, or, where hardly any acknowledgements are seen, when it is first sent;
 * UDP payload when it comes by.
 */
#ifndef SLUICE_MEASURE_GOODPUT_H
#define SLUICE_MEASURE_GOODPUT_H

#include "control/failure.h"
#include "control/warnings.h"
#include "dataplane/throttle/throttle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct goodput_step {
	uint64_t time_ns;
	uint32_t bytes;
};

struct goodput_steps {
	struct goodput_step *rows;
	size_t count, room;
	uint64_t bytes;
};

struct goodput_way {
	struct goodput_steps acknowledged, sent;
	uint64_t first_ns, last_ns; /* of packets with payload */
	bool any;
};

struct goodput {
	struct goodput_way ways[2]; /* by direction */
	bool failed;                /* memory is gone */
};

/* Reads one capture; the caller frees, also on failure. */
bool goodput_read(const char *path, struct goodput *goodput, struct warnings *warnings,
	struct failure *failure);
void goodput_free(struct goodput *goodput);

uint64_t goodput_bytes(const struct goodput *goodput, enum direction direction);
double goodput_seconds(const struct goodput *goodput, enum direction direction);

/* bit/s in `count` bins of `seconds` each from the first packet with payload on; what comes later
 * is left out, but for the very last moment of the last bin. */
void goodput_bins(const struct goodput *goodput, enum direction direction, double seconds,
	double *bins, size_t count);

#endif
