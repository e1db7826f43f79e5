/* SPDX-License-Identifier: BSD-3-Clause */
/* flows.csv inside the page: the most affected flows when there are too many for a browser. */
#ifndef SLUICE_REPORT_FLOWS_H
#define SLUICE_REPORT_FLOWS_H

#include "control/failure.h"

#include <stdio.h>

enum { FLOWS_SHOWN = 20000 };

/*
 * Writes the block "flows": {"total", "shown", "columns": [...], "rows": [[...], ...]}. The flows
 * with the most dropped packets come in, then those with the most bytes, then the first in the
 * file; the rows stand in the order of the file. Memory does not follow the size of the file.
 */
bool flows_block(FILE *page, const char *folder, struct failure *failure);

#endif
