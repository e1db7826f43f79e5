/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/nearest.h"

static const char *const words[] = {"police", "drop", "freeze", "pass", "give_up_over", NULL};

/* Distances counted by hand: insertion, deletion, substitution, swap of neighbours. */
static const struct {
	const char *word;
	const char *nearest;
} cases[] = {
	{"police", "police"},
	{"POLICE", "police"},
	{"polce", "police"},   /* one left out */
	{"poliice", "police"}, /* one too many */
	{"pilice", "police"},  /* one replaced */
	{"oplice", "police"},  /* two swapped */
	{"freze", "freeze"},
	{"dorp", "drop"},
	{"giveupover", "give_up_over"}, /* two left out of twelve */
	{"shape", NULL},                /* 4 steps from drop and freeze, 3 from pass */
	{"x", NULL},
	{"", NULL},
	{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
};

static void test_table(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *nearest = nearest_word(cases[i].word, words);

		if (cases[i].nearest && nearest)
			assert_string_equal(nearest, cases[i].nearest);
		else
			assert_ptr_equal(nearest, cases[i].nearest);
	}
}

static void test_first_of_equals(void **state)
{
	static const char *const pair[] = {"cat", "car", NULL};

	assert_string_equal(nearest_word("caz", pair), "cat");
}

static void test_no_words(void **state)
{
	static const char *const none[] = {NULL};

	assert_null(nearest_word("police", none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_first_of_equals),
		cmocka_unit_test(test_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
