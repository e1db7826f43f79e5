/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 4180 tables, a row at a time: memory is a block and a row, whatever the length of the file.
 * A row without quotes is not copied, and only the fields that are asked for are looked at.
 */
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

struct csv_place {
	uint64_t offset, line; /* in the file, both of a row's begin; lines from 1 */
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
void csv_rewind(struct csv *csv);

/* Where the row stands, and back (or on) to it: the next csv_next reads it again. */
struct csv_place csv_place(const struct csv *csv);
void csv_go(struct csv *csv, struct csv_place place);

size_t csv_columns(const struct csv *csv);
struct csv_field csv_title(const struct csv *csv, size_t column); /* from the header */
struct csv_field csv_field(const struct csv *csv, size_t column);

/* `count` neighbours as they stand, with a comma between any two. Where a field may hold commas,
 * the lengths tell which is which. */
struct csv_field csv_fields(const struct csv *csv, size_t column, size_t count);

/* A hash of what csv_field or csv_fields gave. */
uint64_t csv_hash(struct csv_field field);

/* The numbers in `count` neighbours. */
bool csv_numbers(const struct csv *csv, size_t column, size_t count, uint64_t *values,
	struct failure *failure);

void csv_close(struct csv *csv); /* NULL is fine */

#endif
