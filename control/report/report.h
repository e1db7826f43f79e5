/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report.html: what a result folder says, as one file that opens without a network.
 *
 * The page itself (page.html, page.css, page.js and dygraphs) is put together at build time by
 * embed.py; here only the data of the folder go into it.
 */
#ifndef SLUICE_REPORT_H
#define SLUICE_REPORT_H

#include "control/failure.h"

/*
 * Reads run.json, counters.json, flows.csv, series.csv and sequences.json of `folder` and writes
 * report.html into it, whole or not at all. Memory is bounded whatever their size: at most
 * FLOWS_SHOWN flows and about SERIES_ROWS_WHOLE rows of the series go into the page, which says so.
 */
bool report_write(const char *folder, struct failure *failure);

#endif
