/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of commands, and what holds for all of them: how they are found, how their failures
 * are told, and that nothing written to standard output is lost unnoticed.
 */
#include "commands.h"
#include "nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&command_bench,
	&command_replay,
	&command_classify,
	&command_run,
	&command_send,
	&command_model_list,
	&command_model_show,
	&command_model_check,
	&command_model_explain,
	&command_model_schema,
	&command_model_verify,
	&command_report,
	&command_doctor,
	&command_counters,
	&command_top,
	&command_measure_compare,
	&command_measure_detect,
	&command_measure_series,
	&command_rules_check,
	&command_rules_apply,
	&command_rules_show,
	&command_rules_diff,
	&command_rules_log,
	&command_rules_rollback,
	&command_rules_enable,
	&command_rules_disable,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(void)
{
	int width = 0;

	for (int i = 0; i < COMMANDS; i++) {
		int len = (int)strlen(commands[i]->name);

		width = len > width ? len : width;
	}
	printf("Usage: sluice COMMAND [ARGUMENT...]\n\n"
	       "Reproduces the throttling of network traffic by deep packet inspection, and "
	       "measures "
	       "it.\n\nCommands:\n");
	for (int i = 0; i < COMMANDS; i++)
		printf("  %-*s  %s\n", width, commands[i]->name, commands[i]->help);
	printf("\n'sluice COMMAND --help' tells more, 'sluice --version' the version.\n\n"
	       "Exit codes: 0 done; 1 the answer is no (a failed check, a difference found);\n"
	       "2 wrong use or bad input; 3 the system refused.\n");
}

/* How many words of argv name the command: all of its own, or 0. */
static int words_matched(const struct command *command, int argc, char **argv)
{
	const char *name = command->name;
	int words = 0;

	while (words < argc) {
		size_t len = strcspn(name, " ");

		if (strlen(argv[words]) != len || strncmp(argv[words], name, len) != 0)
			return 0;
		words++;
		name += len;
		if (!*name++)
			return words;
	}
	return 0;
}

/* "model list" is of the group "model". */
static bool in_group(const struct command *command, const char *group)
{
	size_t len = strlen(group);

	return strncmp(command->name, group, len) == 0 && command->name[len] == ' ';
}

/* "list, show" for "model"; false when there is no such group. */
static bool group_words(const char *group, char *into, size_t size)
{
	into[0] = '\0';
	for (int i = 0; i < COMMANDS; i++) {
		if (!in_group(commands[i], group))
			continue;
		strncat(into, into[0] ? ", " : "", size - strlen(into) - 1);
		strncat(into, commands[i]->name + strlen(group) + 1, size - strlen(into) - 1);
	}
	return into[0] != '\0';
}

/* "sluice model --help": each command of the group. */
static bool print_group_help(int argc, char **argv)
{
	bool any = false;

	if (argc != 2 || (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0))
		return false;
	for (int i = 0; i < COMMANDS; i++) {
		if (!in_group(commands[i], argv[0]))
			continue;
		printf("%s", any ? "\n" : "");
		options_help(commands[i], stdout);
		any = true;
	}
	return any;
}

/* The command that was meant by the first `count` words, NULL when none is near. */
static const char *nearest_command(char **argv, int count)
{
	const char *names[COMMANDS + 1] = {NULL};
	char given[128];

	for (int i = 0; i < COMMANDS; i++)
		names[i] = commands[i]->name;
	snprintf(given, sizeof(given), "%s%s%s", argv[0], count > 1 ? " " : "",
		count > 1 ? argv[1] : "");
	return nearest_word(given, names);
}

static bool unknown_command(int argc, char **argv, struct failure *failure)
{
	char words[256];
	bool group = group_words(argv[0], words, sizeof(words));
	const char *nearest = group ? NULL : nearest_command(argv, 1);

	if (group && argc == 1)
		return failure_set(
			failure, EXIT_BAD_INPUT, "'%s' needs one more word: %s", argv[0], words);
	if (!nearest && argc > 1)
		nearest = nearest_command(argv, 2);
	if (nearest)
		return failure_set(failure, EXIT_BAD_INPUT,
			"unknown command '%s%s%s'; did you mean '%s'?", argv[0], group ? " " : "",
			group ? argv[1] : "", nearest);
	if (group)
		return failure_set(failure, EXIT_BAD_INPUT, "unknown command '%s %s'; '%s' has: %s",
			argv[0], argv[1], argv[0], words);
	return failure_set(failure, EXIT_BAD_INPUT,
		"unknown command '%s'; 'sluice --help' lists them", argv[0]);
}

/* argv begins with the first word after the program's name. */
static int run(int argc, char **argv, struct failure *failure)
{
	if (argc == 0) {
		failure_set(failure, EXIT_BAD_INPUT, "no command; 'sluice --help' lists them");
		return EXIT_BAD_INPUT;
	}
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
		print_help();
		return EXIT_DONE;
	}
	if (strcmp(argv[0], "--version") == 0) {
		printf("sluice %s\n", SLUICE_VERSION);
		return EXIT_DONE;
	}
	for (int i = 0; i < COMMANDS; i++) {
		int words = words_matched(commands[i], argc, argv);

		if (words)
			return commands[i]->run(argc - words + 1, argv + words - 1, failure);
	}
	if (!print_group_help(argc, argv))
		unknown_command(argc, argv, failure);
	return EXIT_DONE;
}

/* One line, whatever a file name in it holds: control characters could redraw a terminal. */
static void print_failure(struct failure *failure)
{
	for (char *c = failure->line; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	fprintf(stderr, "sluice: %s\n", failure->line);
}

/* When a standard descriptor is closed, the next file opened would get its number, and what is
 * printed would end up in a result. Opened the wrong way round, so that using it still fails. */
static void occupy_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(EXIT_REFUSED);
	}
}

static void flush_output(struct failure *failure)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return;
	failure_set(failure, EXIT_REFUSED, "standard output: %s", strerror(errno ? errno : EIO));
}

int main(int argc, char **argv)
{
	struct failure failure = {0};
	int answer;

	occupy_standard_descriptors();
	/* A reader that has gone, or a file over the limit, is a failed write like any other. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	answer = run(argc ? argc - 1 : 0, argv + 1, &failure);
	flush_output(&failure);
	if (!failure.exit_code)
		return answer;
	print_failure(&failure);
	return failure.exit_code;
}
