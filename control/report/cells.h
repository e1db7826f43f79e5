/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What series.csv says, kept while it is read, so that it need not be read twice: a cell is a row,
 * or the sum of those of one pair of class and rule in one bin. There is room for some; when they
 * do not do even in wide bins, they say so.
 */
#ifndef SLUICE_REPORT_CELLS_H
#define SLUICE_REPORT_CELLS_H

#include "series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CELLS = 256 * 1024, CELL_SUMS = 4 };

struct cell {
	uint64_t bin;
	size_t pair; /* 0 to SERIES_PAIRS */
	uint64_t sums[CELL_SUMS];
};

struct cells {
	struct cell list[CELLS]; /* by bins, ascending */
	size_t count;
	size_t latest[SERIES_PAIRS + 1]; /* where each pair's latest cell is, if it has one */
	uint64_t bin_ns;
	bool overflown; /* they are not all */
};

/* NULL: no memory. free() ends them. */
struct cells *cells_new(uint64_t bin_ns);

/* A cell of its own, for which there must be room. */
void cells_append(struct cells *cells, const struct cell *cell);

/* Into the cell of its pair and bin, or one of its own. */
void cells_add(struct cells *cells, const struct cell *cell);

/* Adds up in bins of bin_ns, a multiple of what it was. Overflown when that does not halve full
 * cells: else every one that follows might do it again. */
void cells_widen(struct cells *cells, uint64_t bin_ns);

#endif
