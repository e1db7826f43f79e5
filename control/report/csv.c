/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct row {
	char text[CSV_ROW_BYTES];
	size_t begin[CSV_COLUMNS_MAX + 1]; /* field i is text[begin[i]] to text[begin[i + 1]] */
	size_t count;
};

struct csv {
	FILE *file;
	char path[4096];
	int line;   /* where the row began, from 1 */
	int breaks; /* line breaks read so far */
	struct row header, row;
};

static bool append(struct csv *csv, struct row *row, size_t *used, int c, struct failure *failure)
{
	if (*used == sizeof(row->text))
		return failure_at(failure, csv->path, csv->line, 1, "a row longer than %d bytes",
			CSV_ROW_BYTES);
	row->text[(*used)++] = (char)c;
	return true;
}

/* Reads what stands between quotes, the opening one is read already. */
static bool read_quoted(struct csv *csv, struct row *row, size_t *used, struct failure *failure)
{
	for (;;) {
		int c = getc_unlocked(csv->file);

		if (c == EOF)
			return failure_at(
				failure, csv->path, csv->line, 1, "a quote is not closed");
		if (c == '\n')
			csv->breaks++;
		if (c == '"') {
			c = getc_unlocked(csv->file);
			if (c != '"') {
				ungetc(c, csv->file);
				return true;
			}
		}
		if (!append(csv, row, used, c, failure))
			return false;
	}
}

static bool end_field(struct csv *csv, struct row *row, size_t used, struct failure *failure)
{
	if (row->count == CSV_COLUMNS_MAX)
		return failure_at(
			failure, csv->path, csv->line, 1, "more than %d columns", CSV_COLUMNS_MAX);
	row->begin[++row->count] = used;
	return true;
}

/* As csv_next, for either row. */
static int read_row(struct csv *csv, struct row *row, struct failure *failure)
{
	size_t used = 0;
	int c = getc_unlocked(csv->file);

	csv->line = csv->breaks + 1;
	row->count = 0;
	row->begin[0] = 0;
	if (c == EOF && ferror(csv->file)) {
		failure_set(failure, EXIT_REFUSED, "%s: cannot be read", csv->path);
		return -1;
	}
	if (c == EOF)
		return 0;
	for (; c != EOF && c != '\n'; c = getc_unlocked(csv->file)) {
		bool good = true;

		if (c == '"' && used == row->begin[row->count])
			good = read_quoted(csv, row, &used, failure);
		else if (c == ',')
			good = end_field(csv, row, used, failure);
		else if (c != '\r')
			good = append(csv, row, &used, c, failure);
		if (!good)
			return -1;
	}
	csv->breaks++;
	return end_field(csv, row, used, failure) ? 1 : -1;
}

static struct csv_field field_of(const struct row *row, size_t column)
{
	if (column >= row->count)
		return (struct csv_field){"", 0};
	return (struct csv_field){
		row->text + row->begin[column], row->begin[column + 1] - row->begin[column]};
}

static bool header_is(const struct csv *csv, const char *expected)
{
	for (size_t i = 0; *expected; i++) {
		size_t len = strcspn(expected, ",");
		struct csv_field title = csv_title(csv, i);

		if (title.len != len || memcmp(title.data, expected, len) != 0)
			return false;
		expected += len + (expected[len] == ',');
	}
	return true;
}

FILE *csv_file(const char *path, struct failure *failure)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	FILE *file;

	if (fd < 0 || fstat(fd, &status) != 0) {
		failure_set(failure, EXIT_BAD_INPUT, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		failure_set(failure, EXIT_BAD_INPUT, "%s: not a file", path);
	} else {
		file = fdopen(fd, "r");
		if (file)
			return file;
		failure_set(failure, EXIT_REFUSED, "%s: %s", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct csv *csv_open(
	const char *folder, const char *name, const char *header, struct failure *failure)
{
	struct csv *csv = calloc(1, sizeof(*csv));

	if (!csv) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	snprintf(csv->path, sizeof(csv->path), "%s/%s", folder, name);
	csv->file = csv_file(csv->path, failure);
	if (!csv->file) {
		csv_close(csv);
		return NULL;
	}
	if (read_row(csv, &csv->header, failure) != 1 || !header_is(csv, header)) {
		failure_at(failure, csv->path, 1, 1, "the columns must be %s", header);
		csv_close(csv);
		return NULL;
	}
	return csv;
}

int csv_next(struct csv *csv, struct failure *failure)
{
	int result = read_row(csv, &csv->row, failure);

	if (result != 1 || csv->row.count == csv->header.count)
		return result;
	failure_at(failure, csv->path, csv->line, 1, "%zu fields, the header has %zu",
		csv->row.count, csv->header.count);
	return -1;
}

bool csv_rewind(struct csv *csv, struct failure *failure)
{
	rewind(csv->file);
	csv->breaks = 0;
	return read_row(csv, &csv->header, failure) == 1 ||
	       failure_set(failure, EXIT_REFUSED, "%s: cannot be read again", csv->path);
}

size_t csv_columns(const struct csv *csv)
{
	return csv->header.count;
}

struct csv_field csv_title(const struct csv *csv, size_t column)
{
	return field_of(&csv->header, column);
}

struct csv_field csv_field(const struct csv *csv, size_t column)
{
	return field_of(&csv->row, column);
}

bool csv_number(const struct csv *csv, size_t column, uint64_t *value, struct failure *failure)
{
	struct csv_field field = csv_field(csv, column), title = csv_title(csv, column);

	*value = 0;
	for (size_t i = 0; i < field.len; i++) {
		unsigned digit = (unsigned char)field.data[i] - (unsigned)'0';

		if (digit > 9 || __builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, digit, value))
			field.len = 0;
	}
	if (field.len)
		return true;
	return failure_at(failure, csv->path, csv->line, 1,
		"%.*s must be a whole number below 2^64", (int)title.len, title.data);
}

void csv_close(struct csv *csv)
{
	if (!csv)
		return;
	if (csv->file)
		fclose(csv->file);
	free(csv);
}
