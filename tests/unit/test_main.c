/* SPDX-License-Identifier: BSD-3-Clause */
/* The program as a shell sees it. SLUICE_PROGRAM is its path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Exit codes are those of README and --help: 0 done, 2 wrong use, 3 the system refused. */
static const struct {
	const char *shell; /* run by sh, with both outputs read */
	int exit_code;
	const char *output; /* begins like this, in full where it ends with a newline */
} rows[] = {
	{"$SLUICE_PROGRAM --version", 0, "sluice " SLUICE_VERSION "\n"},
	{"$SLUICE_PROGRAM --help", 0, "Usage: sluice COMMAND"},
	{"$SLUICE_PROGRAM -h", 0, "Usage: sluice COMMAND"},
	{"$SLUICE_PROGRAM replay --help", 0, "Usage: sluice replay "},
	{"$SLUICE_PROGRAM replay -h --nonsense", 0, "Usage: sluice replay "},
	{"$SLUICE_PROGRAM model list --help", 0, "Usage: sluice model list"},
	{"$SLUICE_PROGRAM model --help", 0, "Usage: sluice model list"},
	{"$SLUICE_PROGRAM report --help", 0, "Usage: sluice report "},
	{"$SLUICE_PROGRAM", 2, "sluice: no command; 'sluice --help' lists them\n"},
	{"$SLUICE_PROGRAM ''", 2, "sluice: unknown command ''; 'sluice --help' lists them\n"},
	{"$SLUICE_PROGRAM repaly x", 2,
		"sluice: unknown command 'repaly'; did you mean 'replay'?\n"},
	{"$SLUICE_PROGRAM zzzzzz", 2,
		"sluice: unknown command 'zzzzzz'; 'sluice --help' lists them\n"},
	{"$SLUICE_PROGRAM model", 2,
		"sluice: 'model' needs one more word: list, show, check, explain, schema, "
		"verify\n"},
	{"$SLUICE_PROGRAM model lits", 2,
		"sluice: unknown command 'model lits'; did you mean 'model list'?\n"},
	{"$SLUICE_PROGRAM model zzzzzzzzz", 2,
		"sluice: unknown command 'model zzzzzzzzz'; 'model' has"},
	{"$SLUICE_PROGRAM modle list", 2,
		"sluice: unknown command 'modle'; did you mean 'model list'?\n"},
	/* One line, without what could steer a terminal. */
	{"$SLUICE_PROGRAM \"$(printf 'a\\nb\\033[2J')\"", 2,
		"sluice: unknown command 'a?b?[2J'; 'sluice --help' lists them\n"},
	/* Output that goes nowhere is a failure. The pipe's reader is gone before the writer runs.
	 */
	{"$SLUICE_PROGRAM --help >/dev/full", 3,
		"sluice: standard output: No space left on device\n"},
	{"$SLUICE_PROGRAM --help >&-", 3, "sluice: standard output: Bad file descriptor\n"},
	{"{ sleep 0.2; $SLUICE_PROGRAM --help; echo $? >&2; } | true", 0,
		"sluice: standard output: Broken pipe\n3\n"},
};

static void run_row(const char *shell, int exit_code, const char *expected)
{
	char command[512], output[4096];
	size_t len;
	FILE *pipe;
	int status;

	snprintf(command, sizeof(command), "exec 2>&1; %s", shell);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(output, 1, sizeof(output) - 1, pipe);
	output[len] = '\0';
	while (fgetc(pipe) != EOF) /* the rest, so that the program can end */
		;
	status = pclose(pipe);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != exit_code)
		fail_msg("%s: status %x: %s", shell, (unsigned)status, output);
	len = strlen(expected);
	if (expected[len - 1] == '\n')
		assert_string_equal(output, expected);
	else if (strncmp(output, expected, len) != 0)
		fail_msg("%s: %s", shell, output);
}

static void test_the_program(void **state)
{
	assert_non_null(getenv("SLUICE_PROGRAM"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strstr(rows[i].shell, "/dev/full") && access("/dev/full", F_OK) != 0)
			continue; /* a bare chroot */
		run_row(rows[i].shell, rows[i].exit_code, rows[i].output);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
