/* SPDX-License-Identifier: BSD-3-Clause */
/* A row a flow of what it is: for people, as CSV, as JSON. */
#ifndef SLUICE_CLASS_ROWS_H
#define SLUICE_CLASS_ROWS_H

#include "control/flow_rows.h"

enum class_format { CLASS_TABLE, CLASS_CSV, CLASS_JSON };

/* What stands above the rows, if anything. `fingerprints`: with the columns ja3, ja4 and
 * fully_encrypted (the first payload from the client: yes, no or nothing). */
void class_rows_header(enum class_format format, bool fingerprints, FILE *out);

void class_row_write(const struct flow_row *row, enum class_format format, bool fingerprints,
	const struct pipeline *pipeline, FILE *out);

#endif
