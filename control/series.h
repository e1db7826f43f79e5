/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * series.csv: what was offered and what was delivered, per class and rule, in bins of 100 ms.
 * A class is what the flow was known as when the packet came, so the first packets of a flow
 * count as Unknown. Packets without a flow count under why they have none (not-ip, fragment, …).
 */
#ifndef SLUICE_SERIES_H
#define SLUICE_SERIES_H

#include "control/flow_rows.h"

#include <stdint.h>
#include <stdio.h>

#define SERIES_BIN_NS (100ull * 1000 * 1000)

struct series;

/* Writes the header. `out` stays the caller's. NULL when memory is gone. */
struct series *series_begin(FILE *out, const struct flow_words *words);

/* One packet that comes (and goes, FATE_FORWARD), in time order; bytes are L3 (the frame's for
 * packets without a flow). */
void series_add(
	struct series *series, uint64_t time_ns, const struct verdict *verdict, uint32_t bytes);

/* One that was held leaves, in time order with the others. */
void series_deliver(
	struct series *series, uint64_t time_ns, const struct verdict *verdict, uint32_t bytes);

/* Writes the last bin and frees. */
void series_end(struct series *series);

#endif
