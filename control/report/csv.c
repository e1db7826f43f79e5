/* SPDX-License-Identifier: BSD-3-Clause */
#include "csv.h"

#include "window.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Field i stands between stops[i] and stops[i + 1]; stops[0] may be -1. Before and after the text
 * WINDOW_SLACK bytes may be read. */
struct row {
	const char *text;
	const uint32_t *stops;
	size_t count;
	uint32_t returns; /* 1: a CR stands before the last stop */
};

/* A row without its quotes, with commas between the fields. */
struct copy {
	uint32_t stops[CSV_COLUMNS_MAX + 1];
	uint32_t used, count;
	char room[WINDOW_SLACK + CSV_ROW_BYTES + CSV_COLUMNS_MAX + WINDOW_SLACK];
};

struct csv {
	char path[4096];
	uint64_t breaks; /* line breaks before the window's `at` */
	struct csv_place first, place;
	struct row header, row;
	struct copy header_copy, copy;
	struct window window;
};

static int line_of(const struct csv *csv)
{
	return csv->place.line < INT_MAX ? (int)csv->place.line : INT_MAX;
}

static bool unreadable(const struct csv *csv, struct failure *failure)
{
	return failure_set(failure, EXIT_REFUSED, "%s: cannot be read", csv->path);
}

static int next_byte(struct csv *csv)
{
	struct window *window = &csv->window;

	if (window->at == window->filled && !window_fill(window))
		return EOF;
	return (unsigned char)window->text[window->at++];
}

static bool append(struct csv *csv, struct copy *copy, int c, struct failure *failure)
{
	if (copy->used - copy->count == CSV_ROW_BYTES)
		return failure_at(failure, csv->path, line_of(csv), 1, "a row longer than %d bytes",
			CSV_ROW_BYTES);
	copy->room[WINDOW_SLACK + copy->used++] = (char)c;
	return true;
}

/* Reads what stands between quotes, the opening one is read already. */
static bool copy_quoted(struct csv *csv, struct copy *copy, struct failure *failure)
{
	for (;;) {
		int c = next_byte(csv);

		if (c == EOF && csv->window.broken)
			return unreadable(csv, failure);
		if (c == EOF)
			return failure_at(
				failure, csv->path, line_of(csv), 1, "a quote is not closed");
		csv->breaks += c == '\n';
		if (c == '"') {
			c = next_byte(csv);
			if (c != '"') {
				csv->window.at -= c != EOF;
				return true;
			}
		}
		if (!append(csv, copy, c, failure))
			return false;
	}
}

static bool end_field(struct csv *csv, struct copy *copy, struct failure *failure)
{
	if (copy->count == CSV_COLUMNS_MAX)
		return failure_at(failure, csv->path, line_of(csv), 1, "more than %d columns",
			CSV_COLUMNS_MAX);
	copy->room[WINDOW_SLACK + copy->used] = ',';
	copy->stops[++copy->count] = copy->used++;
	return true;
}

/* As csv_next: any row, byte by byte. */
static int copy_row(struct csv *csv, struct copy *copy, struct row *row, struct failure *failure)
{
	int c = next_byte(csv);

	if (c == EOF && !csv->window.broken)
		return 0;
	copy->used = copy->count = 0;
	copy->stops[0] = UINT32_MAX;
	for (; c != EOF && c != '\n'; c = next_byte(csv)) {
		bool good = true;

		if (c == '"' && copy->used == copy->stops[copy->count] + 1)
			good = copy_quoted(csv, copy, failure);
		else if (c == ',')
			good = end_field(csv, copy, failure);
		else if (c != '\r')
			good = append(csv, copy, c, failure);
		if (!good)
			return -1;
	}
	if (csv->window.broken)
		unreadable(csv, failure);
	if (csv->window.broken || !end_field(csv, copy, failure))
		return -1;
	csv->breaks++;
	window_go(&csv->window, csv->window.offset + csv->window.at);
	*row = (struct row){copy->room + WINDOW_SLACK, copy->stops, copy->count, 0};
	return 1;
}

/* A row with nothing to take away but the CR at its end stays where it is. False: it is another
 * one, or none, or has not as many fields as the header. */
static bool take_row(struct csv *csv)
{
	struct window *window = &csv->window;
	struct marks *stops = &window->stops;
	size_t count = csv->header.count;
	uint32_t end = window->breaks.at[window->breaks.next];

	if (end - window->at > CSV_ROW_BYTES || window->odd.at[window->odd.next] < end ||
		stops->next + count >= stops->count || stops->at[stops->next + count] != end)
		return false;
	csv->row = (struct row){window->text, stops->at + stops->next, count,
		end > window->at && window->text[end - 1] == '\r'};
	stops->next += (uint32_t)count;
	window->breaks.next++;
	window->at = end + 1;
	csv->breaks++;
	return true;
}

/* Looks for the end of the row that comes, in what is read and then in what is not. */
static void begin_row(struct csv *csv)
{
	struct window *window = &csv->window;

	if (window->breaks.at[window->breaks.next] == WINDOW_NONE)
		window_mark(window);
	if (window->breaks.count == 0 && !window->ended) {
		window_fill(window);
		window_mark(window);
	}
	csv->place = (struct csv_place){window->offset + window->at, csv->breaks + 1};
}

static struct csv_field field_of(const struct row *row, size_t column, size_t count)
{
	uint32_t begin, end;

	if (column + count > row->count)
		return (struct csv_field){"", 0};
	begin = row->stops[column] + 1;
	end = row->stops[column + count];
	if (column + count == row->count)
		end -= row->returns;
	return (struct csv_field){row->text + begin, end - begin};
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
	FILE *file;

	if (!csv) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	snprintf(csv->path, sizeof(csv->path), "%s/%s", folder, name);
	file = csv_file(csv->path, failure);
	if (!file) {
		csv_close(csv);
		return NULL;
	}
	window_open(&csv->window, file);
	begin_row(csv);
	if (copy_row(csv, &csv->header_copy, &csv->header, failure) != 1 ||
		!header_is(csv, header)) {
		failure_at(failure, csv->path, 1, 1, "the columns must be %s", header);
		csv_close(csv);
		return NULL;
	}
	begin_row(csv);
	csv->first = csv->place;
	return csv;
}

int csv_next(struct csv *csv, struct failure *failure)
{
	int result;

	begin_row(csv);
	if (take_row(csv))
		return 1;
	result = copy_row(csv, &csv->copy, &csv->row, failure);
	if (result != 1 || csv->row.count == csv->header.count)
		return result;
	failure_at(failure, csv->path, line_of(csv), 1, "%zu fields, the header has %zu",
		csv->row.count, csv->header.count);
	return -1;
}

void csv_go(struct csv *csv, struct csv_place place)
{
	window_go(&csv->window, place.offset);
	csv->breaks = place.line - 1;
}

void csv_rewind(struct csv *csv)
{
	csv_go(csv, csv->first);
}

struct csv_place csv_place(const struct csv *csv)
{
	return csv->place;
}

size_t csv_columns(const struct csv *csv)
{
	return csv->header.count;
}

struct csv_field csv_title(const struct csv *csv, size_t column)
{
	return field_of(&csv->header, column, 1);
}

struct csv_field csv_field(const struct csv *csv, size_t column)
{
	return field_of(&csv->row, column, 1);
}

struct csv_field csv_fields(const struct csv *csv, size_t column, size_t count)
{
	return field_of(&csv->row, column, count);
}

/* Eight bytes, the first one lowest. */
static inline uint64_t load(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return le64toh(word);
}

uint64_t csv_hash(struct csv_field field)
{
	const uint64_t odd = 0x9e3779b97f4a7c15; /* 2^64 over the golden ratio */
	uint64_t hash = field.len;

	for (; field.len > 8; field.data += 8, field.len -= 8) {
		hash = (hash ^ load(field.data)) * odd;
		hash ^= hash >> 32;
	}
	if (field.len)
		hash ^= load(field.data) << (64 - 8 * field.len);
	hash *= odd;
	return hash ^ hash >> 32;
}

/* The value of 1 to 8 digits before `end`, all at once; *strange is not 0 when one is none. */
static inline uint64_t eight_digits(const char *end, size_t len, uint64_t *strange)
{
	uint64_t word = load(end - 8) ^ 0x3030303030303030;

	word &= UINT64_MAX << (64 - 8 * len);
	*strange |= (word | (word + 0x7676767676767676)) & 0x8080808080808080;
	/* Neighbours are joined: 8 digits, 4 pairs, 2 fours. */
	word = (word & 0x0f0f0f0f0f0f0f0f) * (10 * 256 + 1) >> 8;
	word = (word & 0x00ff00ff00ff00ff) * (100 * 65536 + 1) >> 16;
	return (word & 0x0000ffff0000ffff) * (10000 * 4294967296 + 1) >> 32;
}

/* Of any length: leading zeros are no fault. */
static bool long_number(struct csv_field field, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < field.len; i++) {
		unsigned digit = (unsigned char)field.data[i] - (unsigned)'0';

		if (digit > 9 || __builtin_mul_overflow(*value, 10, value) ||
			__builtin_add_overflow(*value, digit, value))
			return false;
	}
	return field.len != 0;
}

/* What has no more than 19 digits is below 2^64. */
static inline bool number(struct csv_field field, uint64_t *value)
{
	const char *end = field.data + field.len;
	uint64_t strange = 0;

	if (field.len - 1 < 8) {
		*value = eight_digits(end, field.len, &strange);
		return strange == 0;
	}
	if (field.len == 0 || field.len > 19)
		return long_number(field, value);
	*value = eight_digits(end, 8, &strange);
	if (field.len <= 16) {
		*value += 100000000 * eight_digits(end - 8, field.len - 8, &strange);
		return strange == 0;
	}
	*value += 100000000 * eight_digits(end - 8, 8, &strange);
	*value += 10000000000000000 * eight_digits(end - 16, field.len - 16, &strange);
	return strange == 0;
}

static bool not_number(const struct csv *csv, size_t column, struct failure *failure)
{
	struct csv_field title = csv_title(csv, column);

	return failure_at(failure, csv->path, line_of(csv), 1,
		"%.*s must be a whole number below 2^64", (int)title.len, title.data);
}

bool csv_numbers(const struct csv *csv, size_t column, size_t count, uint64_t *values,
	struct failure *failure)
{
	for (size_t i = 0; i < count; i++)
		if (!number(field_of(&csv->row, column + i, 1), &values[i]))
			return not_number(csv, column + i, failure);
	return true;
}

void csv_close(struct csv *csv)
{
	if (!csv)
		return;
	if (csv->window.file)
		fclose(csv->window.file);
	free(csv);
}
