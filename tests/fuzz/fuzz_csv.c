/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a table of three columns, against a reader that takes one byte after the other and
 * knows of no blocks. The first two bytes say how many plain rows stand before the others: about as
 * many as a block or a step has, so that its edge falls anywhere. Then all rows once more, the last
 * one first.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/report/csv.h"
#include "control/report/window.h"

enum { COLUMNS = 3, ROWS_KEPT = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct naive {
	const char *at, *end;
	char *text; /* the row's fields, one after the other */
	size_t stops[CSV_COLUMNS_MAX + 2];
	size_t count, used;
};

static int take(struct naive *naive)
{
	return naive->at < naive->end ? (unsigned char)*naive->at++ : EOF;
}

static bool naive_quoted(struct naive *naive)
{
	for (;;) {
		int c = take(naive);

		if (c == EOF)
			return false;
		if (c == '"' && (naive->at == naive->end || *naive->at != '"'))
			return true;
		naive->at += c == '"';
		naive->text[naive->used++] = (char)c;
	}
}

/* As csv_next. */
static int naive_next(struct naive *naive)
{
	if (naive->at == naive->end)
		return 0;
	naive->count = naive->used = 0;
	for (;;) {
		int c = take(naive);

		if (c == '"' && naive->used == naive->stops[naive->count]) {
			if (!naive_quoted(naive))
				return -1;
		} else if (c == ',' || c == '\n' || c == EOF) {
			if (naive->count == CSV_COLUMNS_MAX)
				return -1;
			naive->stops[++naive->count] = naive->used;
			if (c != ',')
				break;
		} else if (c != '\r') {
			naive->text[naive->used++] = (char)c;
		}
	}
	return naive->count == COLUMNS && naive->used <= CSV_ROW_BYTES ? 1 : -1;
}

static bool naive_number(const char *text, size_t len, uint64_t *value)
{
	unsigned __int128 sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum = 10 * sum + (unsigned)(text[i] - '0');
		if (text[i] < '0' || text[i] > '9' || sum > UINT64_MAX)
			return false;
	}
	*value = (uint64_t)sum;
	return len != 0;
}

static void check_field(const struct csv *csv, size_t column, const char *text, size_t len)
{
	struct csv_field field = csv_field(csv, column);
	struct failure failure = {0};
	uint64_t value, expected = 0;
	bool good = naive_number(text, len, &expected);

	assert(field.len == len && memcmp(field.data, text, len) == 0);
	assert(csv_numbers(csv, column, 1, &value, &failure) == good);
	assert(good ? value == expected : failure.exit_code == EXIT_BAD_INPUT);
}

static void check_row(const struct csv *csv, const struct naive *naive)
{
	size_t len = COLUMNS - 1; /* the commas */

	for (size_t i = 0; i < COLUMNS; i++) {
		size_t begin = naive->stops[i], end = naive->stops[i + 1];

		check_field(csv, i, naive->text + begin, end - begin);
		len += end - begin;
	}
	assert(csv_fields(csv, 0, COLUMNS).len == len);
}

/* Rows that were read are the same when the reader comes back to them. */
static void check_again(
	struct csv *csv, const struct csv_place *places, const uint64_t *hashes, uint64_t count)
{
	struct failure failure = {0};

	for (uint64_t i = count; i-- && i + ROWS_KEPT >= count;) {
		csv_go(csv, places[i % ROWS_KEPT]);
		assert(csv_next(csv, &failure) == 1);
		assert(csv_place(csv).offset == places[i % ROWS_KEPT].offset);
		assert(csv_hash(csv_fields(csv, 0, COLUMNS)) == hashes[i % ROWS_KEPT]);
	}
}

static void check(struct csv *csv, struct naive *naive)
{
	struct csv_place places[ROWS_KEPT];
	uint64_t hashes[ROWS_KEPT], count = 0;
	struct failure failure = {0};
	int more;

	assert(naive_next(naive) == 1); /* the header */
	while ((more = naive_next(naive)) == 1) {
		assert(csv_next(csv, &failure) == 1);
		check_row(csv, naive);
		places[count % ROWS_KEPT] = csv_place(csv);
		hashes[count++ % ROWS_KEPT] = csv_hash(csv_fields(csv, 0, COLUMNS));
	}
	assert(csv_next(csv, &failure) == more);
	assert(failure.exit_code == (more ? EXIT_BAD_INPUT : 0));
	check_again(csv, places, hashes, count);
}

static struct csv *open_table(const char *text, size_t len)
{
	const char *parent = getenv("TMPDIR");
	struct failure failure = {0};
	char path[4096], *name;
	struct csv *csv;
	int fd;

	snprintf(path, sizeof(path), "%s/sluice-csv.XXXXXX", parent ? parent : "/tmp");
	fd = mkstemp(path);
	assert(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	close(fd);
	name = strrchr(path, '/');
	*name++ = '\0';
	csv = csv_open(path, name, "a,b,c", &failure);
	name[-1] = '/';
	unlink(path);
	assert(csv);
	return csv;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char header[] = "a,b,c\n", plain[] = "1,22,\n";
	static const size_t edges[] = {0, WINDOW_STEP_FIRST, WINDOW_STEP, WINDOW_BYTES};
	size_t rows = 0, plain_len = strlen(plain), used = strlen(header);
	struct naive naive = {0};
	struct csv *csv;
	char *file;

	if (size >= 2 && edges[data[0] % 4] > data[1])
		rows = (edges[data[0] % 4] - data[1]) / plain_len;
	file = malloc(used + rows * plain_len + size);
	naive.text = malloc(used + rows * plain_len + size);
	memcpy(file, header, used);
	for (size_t i = 0; i < rows; i++, used += plain_len)
		memcpy(file + used, plain, plain_len);
	if (size > 2)
		memcpy(file + used, data + 2, size - 2);
	used += size > 2 ? size - 2 : 0;
	csv = open_table(file, used);
	naive.at = file;
	naive.end = file + used;
	check(csv, &naive);
	csv_close(csv);
	free(naive.text);
	free(file);
	return 0;
}
