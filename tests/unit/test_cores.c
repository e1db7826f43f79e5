/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	unsigned count, list[4];
	const char *says; /* NULL: good */
} rows[] = {
	{"1", 1, {1}, NULL},
	{"2,1", 2, {2, 1}, NULL},
	{"2-4", 3, {2, 3, 4}, NULL},
	{"0,4-6", 4, {0, 4, 5, 6}, NULL},
	{"7-7", 1, {7}, NULL},
	{"1023", 1, {1023}, NULL},
	{"", 0, {0}, "''"},
	{",", 0, {0}, "','"},
	{"1,", 0, {0}, "'1,'"},
	{",1", 0, {0}, "',1'"},
	{"1,,2", 0, {0}, "'1,,2'"},
	{"3-1", 0, {0}, "'3-1'"},
	{"1-", 0, {0}, "'1-'"},
	{"-1", 0, {0}, "'-1'"},
	{"1-2-3", 0, {0}, "'1-2-3'"},
	{"a", 0, {0}, "'a'"},
	{"1 2", 0, {0}, "'1 2'"},
	{"1024", 0, {0}, "up to 1023"},
	{"99999999999999999999", 0, {0}, "up to 1023"},
	{"1,1", 0, {0}, "core 1 is given twice"},
	{"1-3,2", 0, {0}, "core 2 is given twice"},
	{"0-32", 0, {0}, "at most 32"},
	{"0-1023", 0, {0}, "at most 32"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct failure failure = {0};
		struct cores cores;
		bool good = cores_read(&cores, "--cores", rows[i].text, &failure);

		if (good != !rows[i].says || (!good && !strstr(failure.line, rows[i].says)))
			fail_msg("'%s': %s", rows[i].text, failure.line);
		assert_int_equal(failure.exit_code, good ? 0 : EXIT_BAD_INPUT);
		if (!good)
			continue;
		assert_int_equal(cores.count, rows[i].count);
		assert_memory_equal(cores.list, rows[i].list, cores.count * sizeof(unsigned));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
