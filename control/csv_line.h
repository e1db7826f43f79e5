/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One row of CSV under construction (RFC 4180). Rows come by the million, so nothing here goes
 * through printf. The writer makes sure that a row is shorter than CSV_LINE_BYTES.
 */
#ifndef SLUICE_CSV_LINE_H
#define SLUICE_CSV_LINE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { CSV_LINE_BYTES = 2048 };

struct csv_line {
	size_t used;
	char text[CSV_LINE_BYTES];
};

static inline void csv_put_char(struct csv_line *line, char character)
{
	line->text[line->used++] = character;
}

static inline void csv_put_text(struct csv_line *line, const char *text)
{
	size_t length = strlen(text);

	memcpy(line->text + line->used, text, length);
	line->used += length;
}

static inline void csv_put_digits(struct csv_line *line, uint64_t number)
{
	char digits[20];
	int at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	memcpy(line->text + line->used, digits + at, sizeof(digits) - at);
	line->used += sizeof(digits) - at;
}

/* A number and the comma behind it. */
static inline void csv_put_number(struct csv_line *line, uint64_t number)
{
	csv_put_digits(line, number);
	csv_put_char(line, ',');
}

/* Every column has put its comma: the last one becomes the end of the row. */
static inline void csv_write(struct csv_line *line, FILE *out)
{
	memcpy(line->text + line->used - 1, "\r\n", 2);
	fwrite(line->text, 1, line->used + 1, out);
	line->used = 0;
}

#endif
