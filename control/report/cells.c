/* SPDX-License-Identifier: BSD-3-Clause */
#include "cells.h"

#include <stdlib.h>

struct cells *cells_new(uint64_t bin_ns)
{
	struct cells *cells = calloc(1, sizeof(*cells));

	if (cells)
		cells->bin_ns = bin_ns;
	return cells;
}

void cells_append(struct cells *cells, const struct cell *cell)
{
	cells->latest[cell->pair] = cells->count;
	cells->list[cells->count++] = *cell;
}

void cells_add(struct cells *cells, const struct cell *cell)
{
	size_t at = cells->latest[cell->pair];
	struct cell *latest = &cells->list[at];

	if (cells->overflown)
		return;
	if (at >= cells->count || latest->pair != cell->pair || latest->bin != cell->bin) {
		cells_append(cells, cell);
		return;
	}
	for (size_t i = 0; i < CELL_SUMS; i++)
		latest->sums[i] += cell->sums[i];
}

void cells_widen(struct cells *cells, uint64_t bin_ns)
{
	uint64_t factor = bin_ns / cells->bin_ns;
	size_t count = cells->count;

	cells->bin_ns = bin_ns;
	cells->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct cell cell = cells->list[i];

		cell.bin /= factor;
		cells_add(cells, &cell);
	}
	cells->overflown = count == CELLS && cells->count > CELLS / 2;
}
