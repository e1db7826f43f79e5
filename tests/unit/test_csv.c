/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows as RFC 4180 section 2 has them, and what files hold besides: LF alone, no last line break.
 */
#include "control/report/csv.h"
#include "control/report/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct csv *table(const char *text, size_t len, const char *header, struct failure *failure)
{
	char path[SCRATCH_BYTES], *name;
	struct csv *csv;
	int fd;

	scratch_name(path, "csv");
	fd = mkstemp(path);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	name = strrchr(path, '/');
	*name++ = '\0';
	csv = csv_open(path, name, header, failure);
	name[-1] = '/';
	unlink(path);
	return csv;
}

/* What follows "FILE" in a failure's line. */
static const char *reason(const struct failure *failure)
{
	return failure->line + strcspn(failure->line, ":");
}

static void assert_field(struct csv_field field, const char *expected)
{
	assert_int_equal(field.len, strlen(expected));
	assert_memory_equal(field.data, expected, field.len);
}

static void a_row_is_its_fields(void **state)
{
	static const struct {
		const char *row, *fields[3];
	} rows[] = {
		{"aaa,bbb,ccc\r\n", {"aaa", "bbb", "ccc"}}, /* RFC 4180 2.1 */
		{"aaa,bbb,ccc", {"aaa", "bbb", "ccc"}},     /* 2.2 */
		{"aaa,bbb,ccc\n", {"aaa", "bbb", "ccc"}},
		{"aaa,bbb,ccc\r", {"aaa", "bbb", "ccc"}},
		{" a , b , c \r\n", {" a ", " b ", " c "}},             /* 2.4: blanks count */
		{"\"aaa\",\"bbb\",\"ccc\"\r\n", {"aaa", "bbb", "ccc"}}, /* 2.5 */
		{"\"aaa\",\"b\r\nbb\",\"ccc\"\r\n", {"aaa", "b\r\nbb", "ccc"}}, /* 2.6 */
		{"\"a,a\",\",\",\"ccc,\"\n", {"a,a", ",", "ccc,"}},
		{"\"aaa\",\"b\"\"bb\",\"ccc\"", {"aaa", "b\"bb", "ccc"}}, /* 2.7 */
		{"\"\",\"\"\"\",\"\"\"\"\"\"\r\n", {"", "\"", "\"\""}},
		{",,\r\n", {"", "", ""}},
		{",,\n", {"", "", ""}},
		{",,", {"", "", ""}},
		{"a\"b,c\"\",\"d\"e\n", {"a\"b", "c\"\"", "de"}},
		{"a\rb,\r,\rc\r\r\n", {"ab", "", "c"}},
		{"\xff,\x01,\xc3\xa4\n", {"\xff", "\x01", "\xc3\xa4"}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure failure = {0};
		char text[256];
		struct csv *csv;

		print_message("%s\n", rows[i].row);
		snprintf(text, sizeof(text), "a,b,c\n%s", rows[i].row);
		csv = table(text, strlen(text), "a,b,c", &failure);
		assert_non_null(csv);
		assert_int_equal(csv_next(csv, &failure), 1);
		for (size_t j = 0; j < 3; j++)
			assert_field(csv_field(csv, j), rows[i].fields[j]);
		assert_int_equal(csv_next(csv, &failure), 0);
		csv_close(csv);
	}
}

static void a_bad_row_says_where_and_why(void **state)
{
	static const struct {
		const char *rows, *reason; /* the last of the rows is bad */
	} rows[] = {
		{"1,2\n", ":2:1: 2 fields, the header has 3"},
		{"1,2,3\n1,2,3,4\r\n", ":3:1: 4 fields, the header has 3"},
		{"\n", ":2:1: 1 fields, the header has 3"},
		{"1,2,3\r\n\r\n", ":3:1: 1 fields, the header has 3"},
		{"1,2,\"3\n4\n5\"\n1,2", ":5:1: 2 fields, the header has 3"},
		{"1,2,3\n1,\"2\n,3\n", ":3:1: a quote is not closed"},
		{"1,2,\"", ":2:1: a quote is not closed"},
		{"\"1\"\"", ":2:1: a quote is not closed"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure failure = {0};
		struct csv *csv;
		char text[256];
		int more;

		print_message("%s\n", rows[i].rows);
		snprintf(text, sizeof(text), "a,b,c\n%s", rows[i].rows);
		csv = table(text, strlen(text), "a,b,c", &failure);
		while ((more = csv_next(csv, &failure)) == 1)
			;
		assert_int_equal(more, -1);
		assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
		assert_string_equal(reason(&failure), rows[i].reason);
		csv_close(csv);
	}
}

static void the_header_begins_with_what_is_expected(void **state)
{
	static const struct {
		const char *text, *expected;
		bool good;
	} rows[] = {
		{"a,b\n", "a,b", true},
		{"a,b", "a,b", true},
		{"\"a\",b\r\n", "a,b", true},
		{"a,b,c\n", "a,b", true}, /* columns are added at the end */
		{"a\n", "a,b", false},
		{"b,a\n", "a,b", false},
		{"aa,b\n", "a,b", false},
		{"a,bb\n", "a,b", false},
		{"", "a,b", false},
		{"\n", "a,b", false},
		{"\"a,b\n", "a,b", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure failure = {0};
		struct csv *csv =
			table(rows[i].text, strlen(rows[i].text), rows[i].expected, &failure);

		print_message("%s\n", rows[i].text);
		assert_int_equal(csv != NULL, rows[i].good);
		assert_int_equal(failure.exit_code, rows[i].good ? 0 : EXIT_BAD_INPUT);
		csv_close(csv);
	}
}

static void numbers_are_below_two_to_the_64(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} rows[] = {
		{"0", true, 0},
		{"7", true, 7},
		{"1234567", true, 1234567},
		{"12345678", true, 12345678},
		{"123456789", true, 123456789},
		{"1234567890123456", true, 1234567890123456},
		{"12345678901234567", true, 12345678901234567},
		{"1581113120474299000", true, 1581113120474299000},
		{"9999999999999999999", true, 9999999999999999999u},
		{"10000000000000000000", true, 10000000000000000000u},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"99999999999999999999", false, 0},
		{"0000000000000000000000000000000042", true, 42},
		{"", false, 0},
		{"-1", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"1.5", false, 0},
		{"/", false, 0}, /* stands before 0 */
		{":", false, 0}, /* stands after 9 */
		{"1234567:", false, 0},
		{"/2345678", false, 0},
		{"12345678:0000000", false, 0},
		{"a0000000000000000", false, 0},
		{"1\xb9", false, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct failure failure = {0};
		uint64_t values[2] = {0, 0};
		struct csv *csv;
		char text[128];

		print_message("%s\n", rows[i].text);
		snprintf(text, sizeof(text), "a,b\n5,%s\r\n", rows[i].text);
		csv = table(text, strlen(text), "a,b", &failure);
		assert_int_equal(csv_next(csv, &failure), 1);
		assert_int_equal(csv_numbers(csv, 0, 2, values, &failure), rows[i].good);
		assert_int_equal(values[0], 5);
		if (rows[i].good)
			assert_true(values[1] == rows[i].value);
		else
			assert_string_equal(
				reason(&failure), ":2:1: b must be a whole number below 2^64");
		csv_close(csv);
	}
}

/* Whatever row lies across the edge of a step or of a block: plain rows of one byte more or less
 * before it move it over. */
static void rows_lie_across_every_edge(void **state)
{
	static const char row[] = "77,\"x,\"\"\r\ny\",88\r\nabc,defghi,jkl\r\n";
	static const size_t edges[] = {WINDOW_STEP_FIRST, WINDOW_STEP, WINDOW_BYTES};
	char *text = malloc(WINDOW_BYTES + 256);

	assert_non_null(text);
	for (size_t i = 0; i < 3 * 64; i++) {
		size_t len = edges[i % 3] - i / 3, used = strlen("a,b,c\n");
		struct failure failure = {0};
		struct csv *csv;

		memcpy(text, "a,b,c\n", used);
		for (; used + 10 <= len; used += 5)
			memcpy(text + used, "1,,2\n", 5);
		used += sprintf(text + used, "1,%0*d,2\n%s", (int)(len - used), 0, row);
		csv = table(text, used, "a,b,c", &failure);
		while (csv_next(csv, &failure) == 1 && csv_field(csv, 0).len == 1)
			;
		assert_field(csv_field(csv, 0), "77");
		assert_field(csv_field(csv, 1), "x,\"\r\ny");
		assert_field(csv_field(csv, 2), "88");
		assert_int_equal(csv_next(csv, &failure), 1);
		assert_field(csv_fields(csv, 0, 3), "abc,defghi,jkl");
		assert_int_equal(csv_next(csv, &failure), 0);
		csv_close(csv);
	}
	free(text);
}

/* Where a row is a field, a line break that is overlooked joins two that look like one. */
static void rows_of_one_field(void **state)
{
	enum { ROWS = 3 * WINDOW_BYTES };
	static const char *const formats[] = {"%u\n", "%u\r\n", "\"%u\"\n", "\n", "\r\n"};
	char *text = malloc(16 * ROWS);

	assert_non_null(text);
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct failure failure = {0};
		size_t used = sprintf(text, "a\n");
		bool numbered = strchr(formats[i], 'u');
		unsigned rows = 0;
		uint64_t number;
		struct csv *csv;

		for (unsigned j = 0; j < ROWS; j++)
			used += sprintf(text + used, formats[i], j);
		csv = table(text, used, "a", &failure);
		for (; csv_next(csv, &failure) == 1; rows++) {
			assert_int_equal(csv_field(csv, 0).len != 0, numbered);
			if (!numbered)
				continue;
			assert_true(csv_numbers(csv, 0, 1, &number, &failure));
			assert_int_equal(number, rows);
		}
		assert_int_equal(rows, ROWS);
		csv_close(csv);
	}
	free(text);
}

/* As far apart as the blocks that are looked at at once are long, anywhere in them. */
static void quotes_64_bytes_apart(void **state)
{
	for (int i = 0; i < 64; i++) {
		struct failure failure = {0};
		char text[256];
		struct csv *csv;

		snprintf(text, sizeof(text), "a\n%0*d\n\"%063d\"\n", i + 1, 0, 0);
		csv = table(text, strlen(text), "a", &failure);
		assert_int_equal(csv_next(csv, &failure), 1);
		assert_int_equal(csv_field(csv, 0).len, i + 1);
		assert_int_equal(csv_next(csv, &failure), 1);
		assert_int_equal(csv_field(csv, 0).len, 63);
		csv_close(csv);
	}
}

/* CSV_ROW_BYTES without commas and quotes, and one more; plain, and with a quote. */
static void a_row_has_a_longest_length(void **state)
{
	static const struct {
		const char *before, *after;
		size_t len;
		bool good;
	} rows[] = {
		{"", ",,\n", CSV_ROW_BYTES, true},
		{"", ",,\n", CSV_ROW_BYTES + 1, false},
		{"", ",,", CSV_ROW_BYTES, true},
		{"", ",,", CSV_ROW_BYTES + 1, false},
		{"\"", "\",,\r\n", CSV_ROW_BYTES, true},
		{"\"", "\",,\r\n", CSV_ROW_BYTES + 1, false},
		{"1,", ",2\n", CSV_ROW_BYTES - 2, true},
		{"1,", ",2\n", CSV_ROW_BYTES - 1, false},
		{"", "", 4 * WINDOW_BYTES, false},
		{"\"", "", 4 * WINDOW_BYTES, false},
	};
	char *text = malloc(5 * WINDOW_BYTES);

	assert_non_null(text);
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t used = sprintf(text, "a,b,c\n%s", rows[i].before);
		struct failure failure = {0};
		struct csv *csv;

		memset(text + used, 'x', rows[i].len);
		used += rows[i].len;
		used += sprintf(text + used, "%s", rows[i].after);
		csv = table(text, used, "a,b,c", &failure);
		assert_int_equal(csv_next(csv, &failure), rows[i].good ? 1 : -1);
		if (!rows[i].good)
			assert_string_equal(
				reason(&failure), ":2:1: a row longer than 65536 bytes");
		csv_close(csv);
	}
	free(text);
}

static void more_columns_than_there_may_be(void **state)
{
	struct failure failure = {0};
	char text[256] = "a\n";
	struct csv *csv;

	memset(text + 2, ',', CSV_COLUMNS_MAX);
	csv = table(text, strlen(text), "a", &failure);
	assert_int_equal(csv_next(csv, &failure), -1);
	assert_string_equal(reason(&failure), ":2:1: more than 64 columns");
	csv_close(csv);
}

/* Far enough apart that each is in another block. */
static void a_row_is_found_again(void **state)
{
	enum { ROWS = 50000 };
	static const unsigned wanted[] = {49999, 0, 1, 25000, 24999, 25001, 3, 49998};
	struct csv_place *places = calloc(ROWS, sizeof(*places));
	char *text = malloc(32 * ROWS);
	struct failure failure = {0};
	size_t used = sprintf(text, "a,b\n");
	struct csv *csv;

	for (unsigned i = 0; i < ROWS; i++)
		used += sprintf(text + used, i % 5 ? "%u,row\n" : "%u,\"ro\nw\"\r\n", i);
	csv = table(text, used, "a,b", &failure);
	for (unsigned i = 0; csv_next(csv, &failure) == 1; i++)
		places[i] = csv_place(csv);
	for (size_t i = 0; i < COUNT(wanted); i++) {
		uint64_t number;

		csv_go(csv, places[wanted[i]]);
		assert_int_equal(csv_next(csv, &failure), 1);
		assert_true(csv_numbers(csv, 0, 1, &number, &failure));
		assert_int_equal(number, wanted[i]);
		/* A line a row, one more for each fifth, and the header. */
		assert_int_equal(csv_place(csv).line, 2 + wanted[i] + (wanted[i] + 4) / 5);
	}
	csv_rewind(csv);
	assert_int_equal(csv_next(csv, &failure), 1);
	assert_field(csv_fields(csv, 0, 2), "0,ro\nw");
	csv_close(csv);
	free(places);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_its_fields),
		cmocka_unit_test(a_bad_row_says_where_and_why),
		cmocka_unit_test(the_header_begins_with_what_is_expected),
		cmocka_unit_test(numbers_are_below_two_to_the_64),
		cmocka_unit_test(rows_lie_across_every_edge),
		cmocka_unit_test(rows_of_one_field),
		cmocka_unit_test(quotes_64_bytes_apart),
		cmocka_unit_test(a_row_has_a_longest_length),
		cmocka_unit_test(more_columns_than_there_may_be),
		cmocka_unit_test(a_row_is_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
