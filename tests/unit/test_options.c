/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct brew {
	bool strong;
	const char *bean;
	struct option_list extras;
	uint64_t cups;
	uint64_t seed;
	double speed;
};

static const struct option_row brew_rows[] = {
	{"--strong", 's', OPTION_FLAG, NULL, "twice the powder", offsetof(struct brew, strong), 0,
		0},
	{"--bean", 'b', OPTION_TEXT, "NAME", "which bean", offsetof(struct brew, bean), 0, 0},
	{"--extra", 'e', OPTION_LIST, "THING", "put this in as well", offsetof(struct brew, extras),
		0, 0},
	{"--cups", 0, OPTION_COUNT, "N", "how many cups", offsetof(struct brew, cups), 1, 12},
	{"--seed", 0, OPTION_COUNT, "N", "of the shaker", offsetof(struct brew, seed), 0,
		UINT64_MAX},
	{"--speed", 0, OPTION_FACTOR, "X", "how fast", offsetof(struct brew, speed), 0, 0},
	{0},
};

static const struct command brew_command = {
	.name = "brew",
	.synopsis = "[WATER...] [--bean NAME]",
	.help = "Makes coffee",
	.options = brew_rows,
};

enum { ARGUMENTS_MAX = 12 };

struct parsed {
	struct brew brew;
	struct option_list waters;
	struct failure failure;
	int answer;
};

/* The arguments stand in one string, separated by '|', so that they may hold blanks. */
static struct parsed parse(char *line, bool takes_positional)
{
	struct parsed parsed = {.brew = {.cups = 1, .bean = "arabica", .speed = 1}};
	char *argv[ARGUMENTS_MAX + 1] = {(char *)"brew"};
	int argc = 1;

	for (char *word = strsep(&line, "|"); word; word = strsep(&line, "|")) {
		assert_true(argc < ARGUMENTS_MAX);
		argv[argc++] = word;
	}
	parsed.answer = options_parse(&brew_command, argc, argv, &parsed.brew,
		takes_positional ? &parsed.waters : NULL, &parsed.failure);
	return parsed;
}

static void release(struct parsed *parsed)
{
	options_free(&brew_command, &parsed->brew, &parsed->waters);
	assert_null(parsed->brew.extras.items);
	assert_null(parsed->waters.items);
}

static void join(const struct option_list *list, char *into, size_t size)
{
	into[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		strncat(into, i ? "," : "", size - strlen(into) - 1);
		strncat(into, list->items[i], size - strlen(into) - 1);
	}
}

struct accepted_row {
	const char *line;
	bool strong;
	const char *bean, *extras, *waters; /* lists joined by ',' */
	uint64_t cups, seed;
	double speed;
};

static const struct accepted_row accepted[] = {
	{"well", false, "arabica", "", "well", 1, 0, 1},
	/* The four ways to write a value. */
	{"--bean|robusta", false, "robusta", "", "", 1, 0, 1},
	{"--bean=robusta", false, "robusta", "", "", 1, 0, 1},
	{"-b|robusta", false, "robusta", "", "", 1, 0, 1},
	{"-brobusta", false, "robusta", "", "", 1, 0, 1},
	/* Only the first '=' separates; a value may be empty or look like an option. */
	{"--bean=a=b", false, "a=b", "", "", 1, 0, 1},
	{"--bean=", false, "", "", "", 1, 0, 1},
	{"--bean=--cups", false, "--cups", "", "", 1, 0, 1},
	{"--bean|-", false, "-", "", "", 1, 0, 1},
	{"-b|-x", false, "-x", "", "", 1, 0, 1},
	/* Options anywhere, lists in order, flags as often as one likes. */
	{"a|-s|b|--extra|x|-ey|--strong|c", true, "arabica", "x,y", "a,b,c", 1, 0, 1},
	/* "-" is an argument, "--" ends the options, once. */
	{"-|--|--strong|--", false, "arabica", "", "-,--strong,--", 1, 0, 1},
	/* Both ends of a range; 2^64 - 1 in both notations. */
	{"--cups=1", false, "arabica", "", "", 1, 0, 1},
	{"--cups=12", false, "arabica", "", "", 12, 0, 1},
	{"--cups=012", false, "arabica", "", "", 12, 0, 1}, /* decimal, never octal */
	{"--seed=18446744073709551615", false, "arabica", "", "", 1, UINT64_MAX, 1},
	{"--seed=0xFFFFffffFFFFffff", false, "arabica", "", "", 1, UINT64_MAX, 1},
	{"--seed|0X10", false, "arabica", "", "", 1, 16, 1},
	{"--speed=0.5", false, "arabica", "", "", 1, 0, 0.5},
	{"--speed=1e3", false, "arabica", "", "", 1, 0, 1000},
	{"--speed=.25", false, "arabica", "", "", 1, 0, 0.25},
};

static void test_accepted(void **state)
{
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		const struct accepted_row *row = &accepted[i];
		char *line = strdup(row->line);
		struct parsed parsed = parse(line, true);
		char extras[64], waters[64];

		join(&parsed.brew.extras, extras, sizeof(extras));
		join(&parsed.waters, waters, sizeof(waters));
		if (parsed.answer)
			fail_msg("%s: %s", row->line, parsed.failure.line);
		assert_int_equal(parsed.brew.strong, row->strong);
		assert_string_equal(parsed.brew.bean, row->bean);
		assert_string_equal(extras, row->extras);
		assert_string_equal(waters, row->waters);
		assert_true(parsed.brew.cups == row->cups);
		assert_true(parsed.brew.seed == row->seed);
		assert_true(parsed.brew.speed == row->speed);
		release(&parsed);
		free(line);
	}
}

/* `part` must stand in the line, all of which a person reads. */
static const struct {
	const char *line, *part;
} refused[] = {
	{"--baen=x", "unknown option --baen; did you mean --bean?"},
	{"--hlep", "did you mean --help?"},
	{"--zzzzzzzzzzzz", "unknown option --zzzzzzzzzzzz; 'sluice brew --help'"},
	{"--bea=x", "unknown option --bea"}, /* no abbreviations: they break when options come */
	{"--beans=x", "unknown option --beans"},
	{"--=x", "unknown option --"},
	{"-z", "unknown option -z"},
	{"-sb", "--strong takes no value"},
	{"--strong=yes", "--strong takes no value"},
	{"--bean", "--bean needs a value: NAME"},
	{"-b", "--bean needs a value: NAME"},
	{"--bean|--strong", "--bean needs a value: NAME"},
	{"--bean=a|-bc", "--bean is given more than once"},
	{"--cups=0", "--cups: '0' is not a whole number from 1 to 12"},
	{"--cups=13", "'13' is not a whole number from 1 to 12"},
	{"--cups=", "'' is not a whole number"},
	{"--cups=-1", "'-1' is not a whole number"},
	{"--cups=+1", "'+1' is not a whole number"},
	{"--cups= 1", "' 1' is not a whole number"},
	{"--cups=1x", "'1x' is not a whole number"},
	{"--cups=0x", "'0x' is not a whole number"},
	{"--cups=1.0", "'1.0' is not a whole number"},
	{"--seed=18446744073709551616", "is not a whole number from 0 to 18446744073709551615"},
	{"--seed=0x10000000000000000", "is not a whole number"},
	{"--speed=0", "--speed: '0' is not a number greater than 0"},
	{"--speed=-1", "greater than 0"},
	{"--speed=", "greater than 0"},
	{"--speed=inf", "greater than 0"},
	{"--speed=nan", "greater than 0"},
	{"--speed=1e999", "greater than 0"},
	{"--speed=1e-999", "greater than 0"},
	{"--speed=2x", "greater than 0"},
	{"--speed=1e", "greater than 0"},
	/* What was gathered before the mistake is freed: the sanitizer watches. */
	{"a|--extra=x|--nothing-near-this", "unknown option"},
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		char *line = strdup(refused[i].line);
		struct parsed parsed = parse(line, true);

		if (parsed.answer != -1 || !strstr(parsed.failure.line, refused[i].part))
			fail_msg("%s: %s", refused[i].line, parsed.failure.line);
		assert_int_equal(parsed.failure.exit_code, EXIT_BAD_INPUT);
		assert_null(parsed.brew.extras.items);
		assert_null(parsed.waters.items);
		free(line);
	}
}

static void test_no_positional_arguments_taken(void **state)
{
	char lines[][16] = {"well", "-", "--|--strong"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct parsed parsed = parse(lines[i], false);

		assert_int_equal(parsed.answer, -1);
		assert_non_null(strstr(parsed.failure.line, "unexpected argument"));
	}
}

static void test_help_names_every_option(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	options_help(&brew_command, out);
	fclose(out);
	assert_ptr_equal(strstr(text, "Usage: sluice brew [WATER...] [--bean NAME]\n"), text);
	assert_non_null(strstr(text, "\n  -s, --strong       twice the powder\n"));
	assert_non_null(strstr(text, "\n      --cups N       how many cups\n"));
	assert_non_null(strstr(text, "\n  -h, --help         print this text\n"));
	for (const struct option_row *row = brew_rows; row->name; row++)
		assert_non_null(strstr(text, row->name));
	free(text);
}

static void test_long_help_is_wrapped(void **state)
{
	static const struct option_row rows[] = {
		{"--a", 0, OPTION_TEXT, "B",
			"one two three four five six seven eight nine ten eleven twelve thirteen "
			"fourteen fifteen sixteen seventeen",
			0, 0, 0},
		{0},
	};
	struct command command = brew_command;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char *rest;

	command.options = rows;
	options_help(&command, out);
	fclose(out);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		assert_true(strlen(line) <= 80);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_positional_arguments_taken),
		cmocka_unit_test(test_help_names_every_option),
		cmocka_unit_test(test_long_help_is_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
