/* SPDX-License-Identifier: BSD-3-Clause */
#include "because.h"
#include "control/progress.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard error goes to a new terminal while a test runs; what a person would see of it is read
 * at the other end. */
struct terminal {
	int master, old_stderr;
};

static int begin_terminal(void **state)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));
	int slave = -1;

	*state = terminal;
	setenv("TERM", "xterm", 1);
	terminal->old_stderr = dup(STDERR_FILENO);
	terminal->master = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal->master >= 0 && grantpt(terminal->master) == 0 &&
		unlockpt(terminal->master) == 0)
		slave = open(ptsname(terminal->master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		return 0; /* a bare chroot: standard error is no terminal, which the tests see */
	fcntl(terminal->master, F_SETFL, O_NONBLOCK);
	dup2(slave, STDERR_FILENO);
	close(slave);
	return 0;
}

static int end_terminal(void **state)
{
	struct terminal *terminal = *state;

	dup2(terminal->old_stderr, STDERR_FILENO);
	close(terminal->old_stderr);
	close(terminal->master);
	free(terminal);
	return 0;
}

static const char *seen(const struct terminal *terminal)
{
	static char text[512];
	ssize_t len = read(terminal->master, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

/* Longer than the fifth of a second between two lines. */
static void let_time_pass(void)
{
	usleep(250000);
}

static void test_line(void **state)
{
	struct progress progress;

	if (!isatty(STDERR_FILENO))
		SKIP_BECAUSE("standard error is no terminal");
	progress_begin(&progress, "replay");
	progress_update(&progress, 0, 4000000);
	assert_string_equal(seen(*state), ""); /* short work shows nothing */
	let_time_pass();
	progress_update(&progress, 1000000, 4000000);
	assert_string_equal(seen(*state), "\rreplay: 25 %, 1.0 of 4.0 MB\033[K");
	for (uint64_t i = 0; i < 3; i++)
		progress_update(&progress, 1000000 + i, 4000000);
	assert_string_equal(seen(*state), "");
	let_time_pass();
	progress_update(&progress, 3000000, 0);
	assert_string_equal(seen(*state), "\rreplay: 3.0 MB\033[K");
	progress_end(&progress);
	assert_string_equal(seen(*state), "\r\033[K");
	progress_end(&progress);
	assert_string_equal(seen(*state), "");
}

static void test_dumb_terminal(void **state)
{
	struct progress progress;

	if (!isatty(STDERR_FILENO))
		SKIP_BECAUSE("standard error is no terminal");
	setenv("TERM", "dumb", 1);
	progress_begin(&progress, "replay");
	let_time_pass();
	progress_update(&progress, 1, 2);
	progress_end(&progress);
	assert_string_equal(seen(*state), "");
}

static void test_pipe(void **state)
{
	struct progress progress;
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	progress_begin(&progress, "replay");
	let_time_pass();
	progress_update(&progress, 1, 2);
	progress_end(&progress);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(read(ends[0], &byte, 1), -1); /* empty, with a writer: EAGAIN */
	close(ends[0]);
}

#define ON_TERMINAL(test) cmocka_unit_test_setup_teardown(test, begin_terminal, end_terminal)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TERMINAL(test_line),
		ON_TERMINAL(test_dumb_terminal),
		ON_TERMINAL(test_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
