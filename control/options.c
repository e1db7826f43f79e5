/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include "nearest.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 63, HELP_WIDTH = 80, NAME_WIDTH_MAX = 26 };

/* One walk over argv. */
struct walk {
	const struct command *command;
	int argc;
	char **argv;
	int at; /* index of the argument that is looked at */
	void *into;
	uint64_t seen; /* bit a row of the table */
	struct failure *failure;
};

static void *field(const struct option_row *row, void *into)
{
	return (char *)into + row->offset;
}

static bool wrong(struct walk *walk, const char *name, const char *text, const char *what)
{
	return failure_set(walk->failure, EXIT_BAD_INPUT, "%s: '%s' is not %s", name, text, what);
}

static bool parse_count(struct walk *walk, const struct option_row *row, const char *text)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
	unsigned long long value;
	char range[96];

	snprintf(range, sizeof(range), "a whole number from %llu to %llu",
		(unsigned long long)row->min, (unsigned long long)row->max);
	/* strtoull alone would take signs and blanks. */
	if (!*digits || digits[strspn(digits, allowed)])
		return wrong(walk, row->name, text, range);
	errno = 0;
	value = strtoull(digits, NULL, hex ? 16 : 10);
	if (errno || value < row->min || value > row->max)
		return wrong(walk, row->name, text, range);
	*(uint64_t *)field(row, walk->into) = value;
	return true;
}

static bool parse_factor(struct walk *walk, const struct option_row *row, const char *text)
{
	char *end;
	double value;

	/* strtod alone would take signs, blanks, hexadecimal, "inf" and "nan". */
	if (!*text || text[strspn(text, "0123456789.eE+-")])
		return wrong(walk, row->name, text, "a number greater than 0");
	value = strtod(text, &end);
	if (*end || !isfinite(value) || value <= 0)
		return wrong(walk, row->name, text, "a number greater than 0");
	*(double *)field(row, walk->into) = value;
	return true;
}

/* No list is longer than argv, so one allocation of that size does. */
static bool list_append(struct walk *walk, struct option_list *list, const char *item)
{
	if (!list->items)
		list->items = calloc((size_t)walk->argc + 1, sizeof(*list->items));
	if (!list->items)
		return failure_set(walk->failure, EXIT_REFUSED, "no memory for the arguments");
	list->items[list->count++] = item;
	return true;
}

static bool take_value(struct walk *walk, const struct option_row *row, const char *value)
{
	uint64_t bit = 1ull << (row - walk->command->options);

	if (row->type != OPTION_LIST && walk->seen & bit)
		return failure_set(
			walk->failure, EXIT_BAD_INPUT, "%s is given more than once", row->name);
	walk->seen |= bit;
	switch (row->type) {
	case OPTION_LIST:
		return list_append(walk, field(row, walk->into), value);
	case OPTION_COUNT:
		return parse_count(walk, row, value);
	case OPTION_FACTOR:
		return parse_factor(walk, row, value);
	default:
		*(const char **)field(row, walk->into) = value;
		return true;
	}
}

/* `attached` is what is written in the same argument, NULL when nothing is. */
static bool take_option(struct walk *walk, const struct option_row *row, const char *attached)
{
	const char *next = walk->at + 1 < walk->argc ? walk->argv[walk->at + 1] : NULL;

	if (row->type == OPTION_FLAG) {
		if (attached)
			return failure_set(
				walk->failure, EXIT_BAD_INPUT, "%s takes no value", row->name);
		*(bool *)field(row, walk->into) = true;
		return true;
	}
	if (attached)
		return take_value(walk, row, attached);
	if (!next || strncmp(next, "--", 2) == 0)
		return failure_set(walk->failure, EXIT_BAD_INPUT, "%s needs a value: %s", row->name,
			row->value);
	walk->at++;
	return take_value(walk, row, next);
}

static bool unknown_option(struct walk *walk, const char *name)
{
	const struct command *command = walk->command;
	const char *words[ROWS_MAX + 2] = {"--help"};
	const char *nearest;

	for (size_t i = 0; command->options[i].name; i++)
		words[i + 1] = command->options[i].name;
	nearest = name[1] == '-' ? nearest_word(name, words) : NULL;
	if (nearest)
		return failure_set(walk->failure, EXIT_BAD_INPUT,
			"unknown option %s; did you mean %s?", name, nearest);
	return failure_set(walk->failure, EXIT_BAD_INPUT,
		"unknown option %s; 'sluice %s --help' lists them", name, command->name);
}

static bool take_long(struct walk *walk, char *argument)
{
	const struct option_row *row = walk->command->options;
	size_t len = strcspn(argument, "=");
	char name[128];

	while (row->name && !(strncmp(row->name, argument, len) == 0 && !row->name[len]))
		row++;
	if (row->name)
		return take_option(walk, row, argument[len] ? argument + len + 1 : NULL);
	snprintf(name, sizeof(name), "%.*s", (int)len, argument);
	return unknown_option(walk, name);
}

static bool take_letter(struct walk *walk, char *argument)
{
	const struct option_row *row = walk->command->options;

	while (row->name && row->letter != argument[1])
		row++;
	if (row->name)
		return take_option(walk, row, argument[2] ? argument + 2 : NULL);
	return unknown_option(walk, argument);
}

static bool take_positional(struct walk *walk, struct option_list *positional, char *argument)
{
	if (positional)
		return list_append(walk, positional, argument);
	return failure_set(walk->failure, EXIT_BAD_INPUT,
		"unexpected argument '%s'; 'sluice %s' takes options only", argument,
		walk->command->name);
}

static bool asks_for_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

/* 0 at the end of argv, 1 for help, -1 on failure. */
static int walk_arguments(struct walk *walk, struct option_list *positional)
{
	bool options_over = false;

	for (walk->at = 1; walk->at < walk->argc; walk->at++) {
		char *argument = walk->argv[walk->at];
		bool taken = true;

		if (options_over || argument[0] != '-' || !argument[1])
			taken = take_positional(walk, positional, argument);
		else if (strcmp(argument, "--") == 0)
			options_over = true;
		else if (asks_for_help(argument))
			return 1;
		else if (argument[1] == '-')
			taken = take_long(walk, argument);
		else
			taken = take_letter(walk, argument);
		if (!taken)
			return -1;
	}
	return 0;
}

int options_parse(const struct command *command, int argc, char **argv, void *into,
	struct option_list *positional, struct failure *failure)
{
	struct walk walk = {
		.command = command, .argc = argc, .argv = argv, .into = into, .failure = failure};
	int answer;

	if (positional)
		*positional = (struct option_list){0};
	answer = walk_arguments(&walk, positional);
	if (answer != 0)
		options_free(command, into, positional);
	if (answer == 1)
		options_help(command, stdout);
	return answer;
}

void options_free(const struct command *command, void *into, struct option_list *positional)
{
	for (const struct option_row *row = command->options; row->name; row++) {
		struct option_list *list = field(row, into);

		if (row->type != OPTION_LIST)
			continue;
		free(list->items);
		*list = (struct option_list){0};
	}
	if (positional) {
		free(positional->items);
		*positional = (struct option_list){0};
	}
}

/* "-o, --output DIR"; returns its width. */
static int format_name(char *into, size_t size, const struct option_row *row)
{
	char letter[8] = "    ";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	return snprintf(into, size, "%s%s%s%s", letter, row->name, row->value ? " " : "",
		row->value ? row->value : "");
}

/* Writes text from column `column` on, broken at blanks, following lines indented to it. */
static void print_wrapped(const char *text, int column, FILE *out)
{
	int used = column;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (used > column && used + 1 + len > HELP_WIDTH) {
			fprintf(out, "\n%*s", column, "");
			used = column;
		}
		used += fprintf(out, "%s%.*s", used > column ? " " : "", len, text);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_row(const struct option_row *row, int width, FILE *out)
{
	char name[128];
	int used = format_name(name, sizeof(name), row);

	fprintf(out, "  %-*s  ", width, name);
	if (used > width)
		fprintf(out, "\n%*s", width + 4, "");
	print_wrapped(row->help, width + 4, out);
}

void options_help(const struct command *command, FILE *out)
{
	static const struct option_row help = {
		.name = "--help", .letter = 'h', .help = "print this text"};
	int width = 0;
	char name[128];

	for (const struct option_row *row = command->options; row->name; row++) {
		int used = format_name(name, sizeof(name), row);

		if (used > width && used <= NAME_WIDTH_MAX)
			width = used;
	}
	if (width < format_name(name, sizeof(name), &help))
		width = format_name(name, sizeof(name), &help);
	fprintf(out, "Usage: sluice %s %s\n\n", command->name, command->synopsis);
	print_wrapped(command->help, 0, out);
	fprintf(out, "\nOptions:\n");
	for (const struct option_row *row = command->options; row->name; row++)
		print_row(row, width, out);
	print_row(&help, width, out);
	if (command->details)
		fprintf(out, "\n%s\n", command->details);
}
