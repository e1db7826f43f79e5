/* SPDX-License-Identifier: BSD-3-Clause */
#include "series.h"

#include "block.h"
#include "csv.h"

#include <stdlib.h>
#include <string.h>

static const char header[] = "time_ns,class,rule,offered_packets,offered_bytes,delivered_packets,"
			     "delivered_bytes";

enum { COLUMN_TIME, COLUMN_CLASS, COLUMN_RULE, COLUMN_SUMS, SUMS = 4, SUM_OFFERED_BYTES = 1 };
enum { SLOTS = 4 * SERIES_PAIRS, LABEL_BYTES = 96 };

#define FILE_BIN_NS 100000000ull

struct pair {
	char labels[2 * LABEL_BYTES]; /* of the class and of the rule, a comma between them */
	size_t class_len, len;        /* of the class, of both and the comma */
	uint64_t hash;
	uint64_t offered_bytes; /* in all */
	uint64_t sums[SUMS];    /* in the bin being added up */
	size_t shown;           /* its number in the page */
	bool seen;              /* in the bin being added up */
};

struct series {
	struct pair pairs[SERIES_PAIRS + 1]; /* the last: all that find no place */
	uint16_t slots[SLOTS];               /* hash table, index + 1 into pairs */
	size_t count, shown;
	uint64_t first_ns, last_ns, rows, bin_ns;
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
	const struct csv *csv, uint64_t *time_ns, uint64_t sums[SUMS], struct failure *failure)
{
	return csv_numbers(csv, COLUMN_TIME, 1, time_ns, failure) &&
	       csv_numbers(csv, COLUMN_SUMS, SUMS, sums, failure);
}

static bool survey(struct series *series, struct csv *csv, struct failure *failure)
{
	uint64_t time_ns, sums[SUMS];
	int more;

	while ((more = csv_next(csv, failure)) == 1) {
		if (!read_row(csv, &time_ns, sums, failure))
			return false;
		if (series->rows++ == 0)
			series->first_ns = series->last_ns = time_ns;
		if (time_ns < series->last_ns)
			return failure_set(failure, EXIT_BAD_INPUT,
				"series.csv: row %llu goes back in time",
				(unsigned long long)series->rows);
		series->last_ns = time_ns;
		pair_of(series, csv)->offered_bytes += sums[SUM_OFFERED_BYTES];
	}
	return more == 0;
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

static void write_row(FILE *page, uint64_t bin, size_t pair, const uint64_t sums[SUMS], bool first)
{
	fputs(first ? "\n[" : ",\n[", page);
	block_number(page, bin);
	putc_unlocked(',', page);
	block_number(page, pair);
	for (size_t i = 0; i < SUMS; i++) {
		putc_unlocked(',', page);
		block_number(page, sums[i]);
	}
	putc_unlocked(']', page);
}

/* Adds the pair's bin to what is shown, and begins it anew. */
static void take_bin(struct pair *pair, uint64_t sums[SUMS])
{
	for (size_t i = 0; i < SUMS; i++)
		sums[i] += pair->sums[i];
	memset(pair->sums, 0, sizeof(pair->sums));
	pair->seen = false;
}

/* Writes what the bin has in every pair shown, and begins anew. */
static void flush_bin(FILE *page, struct series *series, uint64_t bin, bool *first)
{
	uint64_t sums[SERIES_PAIRS_WIDE + 1][SUMS] = {{0}};
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

static bool write_rows(FILE *page, struct series *series, struct csv *csv, struct failure *failure)
{
	bool wide = series->rows > SERIES_ROWS_WHOLE, first = true;
	uint64_t time_ns, sums[SUMS], bin = 0, last = 0;
	int more;

	for (; (more = csv_next(csv, failure)) == 1; last = bin) {
		struct pair *pair = pair_of(series, csv);

		if (!read_row(csv, &time_ns, sums, failure))
			return false;
		bin = (time_ns - series->first_ns) / series->bin_ns;
		if (!wide) {
			write_row(page, bin, pair->shown, sums, first);
			first = false;
			continue;
		}
		if (bin != last)
			flush_bin(page, series, last, &first);
		pair->seen = true;
		for (size_t i = 0; i < SUMS; i++)
			pair->sums[i] += sums[i];
	}
	if (wide)
		flush_bin(page, series, last, &first);
	return more == 0;
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
	csv_rewind(csv);
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

bool series_block(FILE *page, const char *folder, struct failure *failure)
{
	struct series *series = calloc(1, sizeof(*series));
	struct csv *csv = csv_open(folder, "series.csv", header, failure);
	bool good = false;

	if (!series)
		failure_set(failure, EXIT_REFUSED, "out of memory");
	else if (csv)
		good = write_block(page, series, csv, failure);
	csv_close(csv);
	free(series);
	return good;
}
