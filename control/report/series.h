/* SPDX-License-Identifier: BSD-3-Clause */
/* series.csv inside the page: as it is, or in wider bins when it is too long for a browser. */
#ifndef SLUICE_REPORT_SERIES_H
#define SLUICE_REPORT_SERIES_H

#include "control/failure.h"

#include <stdio.h>

enum {
	SERIES_ROWS_WHOLE = 200000, /* up to here every row goes into the page */
	SERIES_BINS = 2000,         /* else this many bins */
	SERIES_PAIRS_WIDE = 100,    /* of this many pairs of class and rule, the others as one */
	SERIES_PAIRS = 4096,        /* told apart at all */
};

/*
 * Writes the block "series": {"bin_ns", "file_bin_ns", "first_ns": "N", "file_rows",
 * "pairs_joined", "pairs": [[class, rule], ...], "rows": [[bin, pair, offered_packets,
 * offered_bytes, delivered_packets, delivered_bytes], ...]}; bins are counted from first_ns.
 * Memory does not follow the size of the file.
 */
bool series_block(FILE *page, const char *folder, struct failure *failure);

#endif
