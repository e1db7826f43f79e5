/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When each packet is due. Every packet has a position, every pass through the capture a length in
 * the same unit, and so many units go by in a second:
 *
 *   PACE_CAPTURE  ns of the capture; speed 2 is two thousand million of them a second
 *   PACE_BITS     bits on the wire of all packets before (parcel_wire_bytes())
 *   PACE_PACKETS  packets before
 *   PACE_FLAT     nothing is ever early
 *
 * A deadline is computed from the first packet of the first pass, in 128 bits and rounded once: no
 * gap is ever added to another, so there is no error that could add up, whatever the speed, the
 * pass and the length of the run.
 */
#ifndef SLUICE_PACE_H
#define SLUICE_PACE_H

#include "dataplane/io/parcel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pace_kind { PACE_CAPTURE, PACE_BITS, PACE_PACKETS, PACE_FLAT };

#define PACE_SPEED_ONE 1000000000ull /* units a second of PACE_CAPTURE at speed 1 */

struct pace {
	enum pace_kind kind;
	uint64_t units_per_second; /* at least 1; 1000 and up for PACE_CAPTURE */
	uint64_t pass_units;       /* from a pass's first packet to the next pass's first one */
};

/* Fills pass_units and the positions, which are those of the capture. Between two passes lies the
 * mean gap of the capture; passes of a capture without any time in it follow at once. */
void pace_lay_out(struct pace *pace, struct parcel *parcels, size_t count);

/* Nanoseconds from the first packet of pass 0 to this one of pass `pass` (from 0); cut to what 64
 * bits hold, 584 years. */
uint64_t pace_due(const struct pace *pace, uint64_t pass, uint64_t position);

struct pace_limits {
	uint64_t passes;      /* 0: any number */
	uint64_t packets;     /* 0: any number */
	uint64_t duration_ns; /* only what is due before; 0 any time */
};

/* What will be sent. Packets UINT64_MAX: it does not end by itself (the rest is 0 then), which with
 * PACE_FLAT may also be because only the clock can tell. */
struct pace_plan {
	uint64_t packets, bytes, wire_bytes;
	uint64_t last_ns; /* when the last packet is due */
};

struct pace_plan pace_plan(const struct pace *pace, const struct parcel *parcels, size_t count,
	const struct pace_limits *limits);

#endif
