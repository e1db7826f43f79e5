/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts of data within a flow: answers, chunks of a video, what comes between two pauses. */
#ifndef SLUICE_MEASURE_BURST_H
#define SLUICE_MEASURE_BURST_H

#include "control/measure/bucket.h"
#include "control/measure/journal.h"

struct burst {
	uint32_t first, end; /* copies of the journal */
};

/* The next burst behind `from`; false at the end. Bursts begin when nothing was on its way and the
 * other side has asked for more, or after a pause; one of a few packets belongs to the next. */
bool burst_next(const struct journal *journal, uint32_t from, struct burst *burst);

/* Copies as a bucket on the link layer saw them: `rows` has room for all. */
struct arrivals burst_arrivals(
	const struct journal *journal, const struct burst *burst, struct arrival *rows);

/* Bytes of one copy with link header and FCS, and without. */
uint32_t copy_l2_bytes(const struct copy *copy);

/* A quantile of values, 0 to 1; sorts them. 0 when there are none. */
uint32_t quantile(uint32_t *values, size_t count, double share);

#endif
