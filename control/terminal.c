/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { WIDTH = 80, HEIGHT = 24, WIDTH_LEAST = 20, HEIGHT_LEAST = 5 };

static struct termios before;
static volatile sig_atomic_t ending;

static void end_soon(int number)
{
	ending = number;
}

/* Its only use is that a wait ends. */
static void wake_up(int number)
{
	(void)number;
}

static void listen_for_signals(void)
{
	struct sigaction action = {.sa_handler = end_soon};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	action.sa_handler = wake_up;
	sigaction(SIGWINCH, &action, NULL);
}

bool terminal_begin(struct failure *failure)
{
	struct termios raw;

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) < 0)
		return failure_set(failure, EXIT_REFUSED,
			"no terminal: `sluice counters --watch` prints without one");
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	listen_for_signals();
	fputs("\033[?1049h\033[?25l", stdout); /* another screen, no cursor */
	return true;
}

void terminal_end(void)
{
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

int terminal_key(int within_ms)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	unsigned char key;

	if (ending)
		return TERMINAL_END;
	if (poll(&input, 1, within_ms) <= 0)
		return ending ? TERMINAL_END : TERMINAL_NOTHING;
	return read(STDIN_FILENO, &key, 1) == 1 ? key : TERMINAL_END;
}

void terminal_size(unsigned *width, unsigned *height)
{
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		size = (struct winsize){.ws_col = WIDTH, .ws_row = HEIGHT};
	*width = size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
	*height = size.ws_row < HEIGHT_LEAST ? HEIGHT_LEAST : size.ws_row;
}

bool terminal_has_blocks(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool has = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	if (locale)
		freelocale(locale);
	return has;
}
