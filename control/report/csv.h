/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 4180 tables, a row at a time: memory is one row, whatever the length of the file. */
#ifndef SLUICE_REPORT_CSV_H
#define SLUICE_REPORT_CSV_H

#include "control/failure.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CSV_COLUMNS_MAX = 64, CSV_ROW_BYTES = 64 * 1024 };

struct csv;

struct csv_field {
	const char *data; /* any bytes, not NUL-terminated; lives until the next csv_next */
	size_t len;
};

/* Opens a file for reading, but nothing that could block (a FIFO) or has no bytes (a folder). */
FILE *csv_file(const char *path, struct failure *failure);

/* Opens FOLDER/NAME. Its first row must be `header` or begin with it: columns are only ever
 * added at the end. */
struct csv *csv_open(
	const char *folder, const char *name, const char *header, struct failure *failure);

/* 1: the fields of the next row stand in csv_field. 0: the end. -1: *failure is set. Every row has
 * as many fields as the header. */
int csv_next(struct csv *csv, struct failure *failure);

/* Back to the first row after the header. */
bool csv_rewind(struct csv *csv, struct failure *failure);

size_t csv_columns(const struct csv *csv);
struct csv_field csv_title(const struct csv *csv, size_t column); /* from the header */
struct csv_field csv_field(const struct csv *csv, size_t column);
bool csv_number(const struct csv *csv, size_t column, uint64_t *value, struct failure *failure);

void csv_close(struct csv *csv); /* NULL is fine */

#endif
