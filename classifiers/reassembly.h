/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first bytes of one direction of a TCP connection, put in order. Bounded: what lies beyond
 * REASSEMBLY_BYTES is ignored, and at most REASSEMBLY_RUNS separated runs are kept.
 *
 * The three ways are a property of the throttler that is modelled: some boxes look at each segment
 * alone, some join segments that arrive in order, some handle any order.
 */
#ifndef SLUICE_REASSEMBLY_H
#define SLUICE_REASSEMBLY_H

#include "span.h"

#include <stdbool.h>
#include <stdint.h>

enum reassembly_way {
	REASSEMBLY_NONE,     /* each segment is looked at alone */
	REASSEMBLY_IN_ORDER, /* joins segments; one that leaves a gap ends the reassembly */
	REASSEMBLY_FULL,     /* any order; where segments overlap, the bytes that came first stay */
};

enum { REASSEMBLY_BYTES = 16384, REASSEMBLY_RUNS = 16 };

struct reassembly_run {
	uint16_t begin, end; /* offsets of bytes present: [begin, end) */
};

struct reassembly {
	uint32_t base_seq; /* sequence number of bytes[0] */
	uint8_t runs_used;
	bool over; /* nothing more is taken: out of order for IN_ORDER, or too many runs */
	struct reassembly_run runs[REASSEMBLY_RUNS]; /* sorted, not touching */
	uint8_t bytes[REASSEMBLY_BYTES];
};

/* `seq` is the sequence number of the first payload byte expected. Leaves bytes[] untouched. */
void reassembly_begin(struct reassembly *stream, uint32_t seq);

/* Adds one segment (never REASSEMBLY_NONE) and returns the bytes that are contiguous from the
 * start so far; the span lives until the next call. Sequence numbers may wrap. What lies before
 * the start, what is there already (a retransmission) and a segment without bytes change nothing;
 * of a segment that overlaps, only the bytes not yet there are taken. Time is linear in the segment
 * and the runs. */
struct span reassembly_add(
	struct reassembly *stream, enum reassembly_way way, uint32_t seq, struct span segment);

/* The same without adding. */
struct span reassembly_contiguous(const struct reassembly *stream);

#endif
