/* SPDX-License-Identifier: BSD-3-Clause */
#include "series.h"

#include "block.h"
#include "cells.h"
#include "csv.h"

#include <stdlib.h>
#include <string.h>

static const char header[] = "time_ns,class,rule,offered_packets,offered_bytes,delivered_packets,"
			     "delivered_bytes";

enum { COLUMN_TIME, COLUMN_CLASS, COLUMN_RULE, COLUMN_SUMS, SUM_OFFERED_BYTES = 1 };
enum { SLOTS = 4 * SERIES_PAIRS, LABEL_BYTES = 96 };

#define FILE_BIN_NS 100000000ull

struct pair {
	char labels[2 * LABEL_BYTES]; /* of the class and of the rule, a comma between them */
	size_t class_len, len;        /* of the class, of both and the comma */
	uint64_t hash;
	uint64_t offered_bytes;   /* in all */
	uint64_t sums[CELL_SUMS]; /* in the bin being added up */
	size_t shown;             /* its number in the page */
	bool seen;                /* in the bin being added up */
};

struct series {
	struct pair pairs[SERIES_PAIRS + 1]; /* the last: all that find no place */
	uint16_t slots[SLOTS];               /* hash table, index + 1 into pairs */
	size_t count, shown;
	uint64_t first_ns, last_ns, rows, bin_ns;
	struct cells *cells; /* all rows, if the cells are not overflown */
};

static bool holds(const struct pair *pair, uint64_t hash, struct csv_field labels, size_t class_len)
{
	return pair->hash == hash && pair->len == labels.len && pair->class_len == class_len &&
	       memcmp(pair->labels, labels.data, labels.len) == 0;
}

/* The pair of the row being read, made when it is new. */
static struct pair *pair_of(struct series *series, const struct csv *csv)
{
	struct csv_field labels = csv_fields(csv, COLUMN_CLASS, 2);
	size_t class_len = csv_field(csv, COLUMN_CLASS).len;
	uint64_t hash = csv_hash(labels), at = hash;
	struct pair *pair;

	if (class_len >= LABEL_BYTES || labels.len - class_len > LABEL_BYTES)
		return &series->pairs[SERIES_PAIRS];
	for (; series->slots[at % SLOTS]; at++) {
		pair = &series->pairs[series->slots[at % SLOTS] - 1];
		if (holds(pair, hash, labels, class_len))
			return pair;
	}
	if (series->count == SERIES_PAIRS)
		return &series->pairs[SERIES_PAIRS];
	pair = &series->pairs[series->count++];
	series->slots[at % SLOTS] = (uint16_t)series->count;
	memcpy(pair->labels, labels.data, labels.len);
	pair->len = labels.len;
	pair->class_len = class_len;
	pair->hash = hash;
	return pair;
}

static bool read_row(
	const struct csv *csv, uint64_t *time_ns, uint64_t sums[CELL_SUMS], struct failure *failure)
{
	return csv_numbers(csv, COLUMN_TIME, 1, time_ns, failure) &&
	       csv_numbers(csv, COLUMN_SUMS, CELL_SUMS, sums, failure);
}

/* The smallest of 1, 2, 5, 10, ... file bins that needs no more than SERIES_BINS. */
static uint64_t wide_bin(uint64_t span_ns)
{
	static const unsigned steps[] = {2, 5, 10};
	uint64_t unit = FILE_BIN_NS, bin = unit;

	for (unsigned i = 0; span_ns / bin >= SERIES_BINS; i++) {
		bin = unit * steps[i % 3];
		if (i % 3 == 2)
			unit = bin;
	}
	return bin;
}

/* The largest of 1, 10, 100, ... file bins in a wide one: that of a longer span holds it whole. */
static uint64_t part_of_wide_bin(uint64_t span_ns)
{
	uint64_t wide = wide_bin(span_ns), part = FILE_BIN_NS;

	while (wide / part >= 10)
		part *= 10;
	return part;
}

/* Keeps the latest row: as it is while all may go into the page, else added up. */
static void keep_row(struct series *series, struct cell *cell)
{
	struct cells *cells = series->cells;
	uint64_t span_ns = series->last_ns - series->first_ns;

	if (series->rows == SERIES_ROWS_WHOLE + 1 || cells->count == CELLS)
		cells_widen(cells, part_of_wide_bin(span_ns));
	cell->bin = span_ns / cells->bin_ns;
	if (series->rows <= SERIES_ROWS_WHOLE)
		cells_append(cells, cell);
	else
		cells_add(cells, cell);
}

static bool survey(struct series *series, struct csv *csv, struct failure *failure)
{
	struct cell cell;
	uint64_t time_ns;
	int more;

	while ((more = csv_next(csv, failure)) == 1) {
		struct pair *pair;

		if (!read_row(csv, &time_ns, cell.sums, failure))
			return false;
		if (series->rows++ == 0)
			series->first_ns = series->last_ns = time_ns;
		if (time_ns < series->last_ns)
			return failure_set(failure, EXIT_BAD_INPUT,
				"series.csv: row %llu goes back in time",
				(unsigned long long)series->rows);
		series->last_ns = time_ns;
		pair = pair_of(series, csv);
		pair->offered_bytes += cell.sums[SUM_OFFERED_BYTES];
		cell.pair = (size_t)(pair - series->pairs);
		if (!series->cells->overflown)
			keep_row(series, &cell);
	}
	return more == 0;
}

static int by_bytes(const void *a, const void *b)
{
	const struct pair *first = *(struct pair *const *)a, *second = *(struct pair *const *)b;

	if (first->offered_bytes != second->offered_bytes)
		return first->offered_bytes < second->offered_bytes ? 1 : -1;
	return (first > second) - (first < second);
}

/* Numbers the pairs; those beyond the largest `limit` share the number that follows. */
static bool number_pairs(struct series *series, size_t limit, struct failure *failure)
{
	struct pair **order = calloc(series->count + 1, sizeof(struct pair *));

	if (!order)
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	for (size_t i = 0; i < series->count; i++)
		order[i] = &series->pairs[i];
	qsort(order, series->count, sizeof(struct pair *), by_bytes);
	series->shown = series->count < limit ? series->count : limit;
	for (size_t i = 0; i < series->count; i++)
		order[i]->shown = i < series->shown ? i : series->shown;
	series->pairs[SERIES_PAIRS].shown = series->shown;
	free(order);
	return true;
}

static void write_pairs(FILE *page, const struct series *series)
{
	const struct pair *shown[SERIES_PAIRS] = {NULL};

	for (size_t i = 0; i < series->count; i++)
		if (series->pairs[i].shown < series->shown)
			shown[series->pairs[i].shown] = &series->pairs[i];
	for (size_t i = 0; i < series->shown; i++) {
		const struct pair *pair = shown[i];
		size_t rule = pair->class_len + 1;

		fputs(i ? ",[" : "[", page);
		block_string(page, (struct csv_field){pair->labels, pair->class_len});
		putc(',', page);
		block_string(page, (struct csv_field){pair->labels + rule, pair->len - rule});
		putc(']', page);
	}
}

static void write_row(
	FILE *page, uint64_t bin, size_t pair, const uint64_t sums[CELL_SUMS], bool first)
{
	fputs(first ? "\n[" : ",\n[", page);
	block_number(page, bin);
	putc_unlocked(',', page);
	block_number(page, pair);
	for (size_t i = 0; i < CELL_SUMS; i++) {
		putc_unlocked(',', page);
		block_number(page, sums[i]);
	}
	putc_unlocked(']', page);
}

/* Adds the pair's bin to what is shown, and begins it anew. */
static void take_bin(struct pair *pair, uint64_t sums[CELL_SUMS])
{
	for (size_t i = 0; i < CELL_SUMS; i++)
		sums[i] += pair->sums[i];
	memset(pair->sums, 0, sizeof(pair->sums));
	pair->seen = false;
}

/* Writes what the bin has in every pair shown, and begins anew. */
static void flush_bin(FILE *page, struct series *series, uint64_t bin, bool *first)
{
	uint64_t sums[SERIES_PAIRS_WIDE + 1][CELL_SUMS] = {{0}};
	bool seen[SERIES_PAIRS_WIDE + 1] = {false};

	for (size_t i = 0; i <= series->count; i++) {
		struct pair *pair = &series->pairs[i < series->count ? i : SERIES_PAIRS];

		if (!pair->seen)
			continue;
		seen[pair->shown] = true;
		take_bin(pair, sums[pair->shown]);
	}
	for (size_t i = 0; i <= series->shown; i++) {
		if (!seen[i])
			continue;
		write_row(page, bin, i, sums[i], *first);
		*first = false;
	}
}

struct page {
	FILE *file;
	uint64_t bin; /* being added up */
	bool first, wide;
};

static void put_row(struct page *page, struct series *series, uint64_t bin, struct pair *pair,
	const uint64_t sums[CELL_SUMS])
{
	if (!page->wide) {
		write_row(page->file, bin, pair->shown, sums, page->first);
		page->first = false;
		return;
	}
	if (bin != page->bin)
		flush_bin(page->file, series, page->bin, &page->first);
	page->bin = bin;
	pair->seen = true;
	for (size_t i = 0; i < CELL_SUMS; i++)
		pair->sums[i] += sums[i];
}

static void put_cells(struct page *page, struct series *series)
{
	const struct cells *cells = series->cells;
	uint64_t factor = series->bin_ns / cells->bin_ns;

	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->list[i];

		put_row(page, series, cell->bin / factor, &series->pairs[cell->pair], cell->sums);
	}
}

/* The same from the file, read once more. */
static bool put_file(
	struct page *page, struct series *series, struct csv *csv, struct failure *failure)
{
	uint64_t time_ns, sums[CELL_SUMS];
	int more;

	csv_rewind(csv);
	while ((more = csv_next(csv, failure)) == 1) {
		struct pair *pair = pair_of(series, csv);

		if (!read_row(csv, &time_ns, sums, failure))
			return false;
		put_row(page, series, (time_ns - series->first_ns) / series->bin_ns, pair, sums);
	}
	return more == 0;
}

static bool write_rows(FILE *file, struct series *series, struct csv *csv, struct failure *failure)
{
	struct page page = {file, 0, true, series->rows > SERIES_ROWS_WHOLE};

	if (!series->cells->overflown)
		put_cells(&page, series);
	else if (!put_file(&page, series, csv, failure))
		return false;
	if (page.wide)
		flush_bin(file, series, page.bin, &page.first);
	return true;
}

static bool write_block(FILE *page, struct series *series, struct csv *csv, struct failure *failure)
{
	bool wide, good;

	if (!survey(series, csv, failure))
		return false;
	wide = series->rows > SERIES_ROWS_WHOLE;
	series->bin_ns = wide ? wide_bin(series->last_ns - series->first_ns) : FILE_BIN_NS;
	if (!number_pairs(series, wide ? SERIES_PAIRS_WIDE : SERIES_PAIRS, failure))
		return false;
	block_begin(page, "series");
	fprintf(page, "{\"bin_ns\":%llu,\"file_bin_ns\":%llu,\"first_ns\":\"%llu\",",
		(unsigned long long)series->bin_ns, FILE_BIN_NS,
		(unsigned long long)series->first_ns);
	fprintf(page, "\"file_rows\":%llu,\"pairs_joined\":%zu,\"pairs\":[",
		(unsigned long long)series->rows, series->count - series->shown);
	write_pairs(page, series);
	fputs("],\"rows\":[", page);
	good = write_rows(page, series, csv, failure);
	fputs("]}", page);
	block_end(page);
	return good;
}

static void series_free(struct series *series)
{
	if (series)
		free(series->cells);
	free(series);
}

static struct series *series_new(struct failure *failure)
{
	struct series *series = calloc(1, sizeof(*series));

	if (series)
		series->cells = cells_new(FILE_BIN_NS);
	if (series && series->cells)
		return series;
	failure_set(failure, EXIT_REFUSED, "out of memory");
	series_free(series);
	return NULL;
}

bool series_block(FILE *page, const char *folder, struct failure *failure)
{
	struct csv *csv = csv_open(folder, "series.csv", header, failure);
	struct series *series = csv ? series_new(failure) : NULL;
	bool good = series && write_block(page, series, csv, failure);

	csv_close(csv);
	series_free(series);
	return good;
}
