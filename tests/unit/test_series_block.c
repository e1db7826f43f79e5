/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every pair has the same in every bin of the file, so that each number of the page is a product:
 * bins of the file in a bin of the page, times what a row of the file has.
 */
#include "control/report/series.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIN_NS       100000000ull

static const unsigned sums[] = {2, 1000, 1, 500};

static void write_series(const char *folder, unsigned bins, unsigned pairs)
{
	char path[SCRATCH_BYTES + 16];
	FILE *file;

	snprintf(path, sizeof(path), "%s/series.csv", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("time_ns,class,rule,offered_packets,offered_bytes,delivered_packets,"
	      "delivered_bytes\n",
		file);
	for (unsigned i = 0; i < bins; i++)
		for (unsigned j = 0; j < pairs; j++)
			fprintf(file, "%llu,class%u,rule,%u,%u,%u,%u\n", (1000 + i) * BIN_NS, j,
				sums[0], sums[1], sums[2], sums[3]);
	assert_int_equal(fclose(file), 0);
}

/* The element's text. */
static json_t *read_block(const char *folder)
{
	FILE *page = tmpfile();
	struct failure failure = {0};
	json_t *value;
	char *text, *end;
	long len;

	assert_non_null(page);
	assert_true(series_block(page, folder, &failure));
	len = ftell(page);
	text = calloc((size_t)len + 1, 1);
	rewind(page);
	assert_int_equal(fread(text, 1, (size_t)len, page), len);
	end = strrchr(text, '<');
	value = json_loadb(strchr(text, '{'), (size_t)(end - strchr(text, '{')), 0, NULL);
	assert_non_null(value);
	free(text);
	fclose(page);
	return value;
}

static json_int_t integer(const json_t *row, size_t at)
{
	return json_integer_value(json_array_get(row, at));
}

/* Bins in order, and in each every pair shown, the joined ones as one more. */
static void assert_rows(const json_t *rows, unsigned bins, unsigned pairs, unsigned factor)
{
	unsigned shown = pairs < SERIES_PAIRS_WIDE || bins * pairs <= SERIES_ROWS_WHOLE
				 ? pairs
				 : SERIES_PAIRS_WIDE;
	unsigned in_bin = shown + (shown < pairs);

	assert_int_equal(json_array_size(rows), bins / factor * in_bin);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		unsigned joined = i % in_bin == shown ? pairs - shown : 1;

		assert_int_equal(integer(row, 0), i / in_bin);
		assert_int_equal(integer(row, 1), i % in_bin);
		for (size_t j = 0; j < COUNT(sums); j++)
			assert_int_equal(integer(row, 2 + j), factor * joined * sums[j]);
	}
}

static void a_long_series_is_added_up(void **state)
{
	static const struct {
		unsigned bins, pairs, factor;
		const char *what;
	} rows[] = {
		{0, 0, 1, "nothing"},
		{1, 1, 1, "a row"},
		{2000, 100, 1, "as many rows as go in whole"},
		{2000, 101, 1, "more, but no wider bins are needed"},
		{4000, 51, 2, "2000 bins of 0.2 s; kept"},
		{10000, 21, 5, "2000 bins of 0.5 s; kept"},
		{20000, 20, 10, "2000 bins of 1 s; kept, added up on the way"},
		{10000, 30, 5, "2000 bins of 0.5 s, of more rows than are kept"},
		{4000, 150, 2, "likewise, and pairs joined"},
	};
	char folder[SCRATCH_BYTES], path[SCRATCH_BYTES + 16];

	scratch_name(folder, "series");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/series.csv", folder);
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned bins = rows[i].bins, pairs = rows[i].pairs;
		json_t *block;

		print_message("%s\n", rows[i].what);
		write_series(folder, bins, pairs);
		block = read_block(folder);
		assert_int_equal(
			json_integer_value(json_object_get(block, "file_rows")), bins * pairs);
		assert_int_equal(json_integer_value(json_object_get(block, "bin_ns")),
			rows[i].factor * BIN_NS);
		assert_rows(json_object_get(block, "rows"), bins, pairs, rows[i].factor);
		json_decref(block);
	}
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_series_is_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
