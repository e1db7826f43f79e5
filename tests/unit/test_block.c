/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON as RFC 8259 has it, and never a '<', which could end the element it stands in. */
#include "control/report/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static FILE *new_page(void)
{
	FILE *page = tmpfile();

	assert_non_null(page);
	return page;
}

static void assert_written(FILE *page, const char *expected)
{
	char text[1024];

	rewind(page);
	text[fread(text, 1, sizeof(text) - 1, page)] = '\0';
	fclose(page);
	assert_string_equal(text, expected);
}

static void any_bytes_are_a_string(void **state)
{
	static const struct {
		struct csv_field field;
		const char *expected;
	} rows[] = {
		{TEXT(""), "\"\""},
		{TEXT("www.example.org"), "\"www.example.org\""},
		{TEXT(" !#$%'()*+,-./09:;=?@AZ[]^_`az{|}~"),
			"\" !#$%'()*+,-./09:;=?@AZ[]^_`az{|}~\""},
		{TEXT("a\"b"), "\"a\\u0022b\""},
		{TEXT("a\\b"), "\"a\\u005cb\""},
		{TEXT("</script>"), "\"\\u003c/script\\u003e\""},
		{TEXT("&"), "\"\\u0026\""},
		{TEXT("\0\x1f\x7f"), "\"\\u0000\\u001f\\u007f\""},
		/* RFC 3629 section 7: the examples, whole */
		{TEXT("A\xe2\x89\xa2\xce\x91."), "\"A\xe2\x89\xa2\xce\x91.\""},
		{TEXT("\xf0\xa3\x8e\xb4"), "\"\xf0\xa3\x8e\xb4\""},
		/* and cut short, too long a form (section 10), a surrogate, beyond U+10FFFF */
		{TEXT("a\xe2\x89"), "\"a\\ufffd\\ufffd\""},
		{TEXT("\xc0\x80"), "\"\\ufffd\\ufffd\""},
		{TEXT("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\""},
		{TEXT("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
		{TEXT("\xff"
		      "a"),
			"\"\\ufffda\""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		FILE *page = new_page();

		block_string(page, rows[i].field);
		assert_written(page, rows[i].expected);
	}
}

/* 15 digits are exact in any double: 10^15 is below 2^53. */
static void a_value_is_a_number_where_it_stays_exact(void **state)
{
	static const struct {
		struct csv_field field;
		const char *expected;
	} rows[] = {
		{TEXT("0"), "0"},
		{TEXT("42"), "42"},
		{TEXT("999999999999999"), "999999999999999"},
		{TEXT("1000000000000000"), "\"1000000000000000\""},
		{TEXT(""), "\"\""},
		{TEXT("007"), "\"007\""},
		{TEXT("-1"), "\"-1\""},
		{TEXT("1.5"), "\"1.5\""},
		{TEXT("tcp"), "\"tcp\""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		FILE *page = new_page();

		block_value(page, rows[i].field);
		assert_written(page, rows[i].expected);
	}
}

static void numbers_are_decimal(void **state)
{
	static const struct {
		uint64_t number;
		const char *expected;
	} rows[] = {
		{0, "0"},
		{9, "9"},
		{10, "10"},
		{1581113120400000000, "1581113120400000000"},
		{UINT64_MAX, "18446744073709551615"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		FILE *page = new_page();

		block_number(page, rows[i].number);
		assert_written(page, rows[i].expected);
	}
}

static void a_document_ends_no_element(void **state)
{
	static const struct {
		const char *json, *expected;
	} rows[] = {
		{"{}", "{}"},
		{"{\"a\": [1, \"<\", \"<<x<\"]}",
			"{\"a\":[1,\"\\u003c\",\"\\u003c\\u003cx\\u003c\"]}"},
		{"{\"</script>\": null}", "{\"\\u003c/script>\":null}"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *value = json_loads(rows[i].json, 0, NULL);
		FILE *page = new_page();
		char expected[256];

		assert_non_null(value);
		block_json(page, "run", value);
		snprintf(expected, sizeof(expected),
			"<script type=\"application/json\" id=\"run\">%s</script>\n",
			rows[i].expected);
		assert_written(page, expected);
		json_decref(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_bytes_are_a_string),
		cmocka_unit_test(a_value_is_a_number_where_it_stays_exact),
		cmocka_unit_test(numbers_are_decimal),
		cmocka_unit_test(a_document_ends_no_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
