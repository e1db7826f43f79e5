/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/notice.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static unsigned long lost;

/* A pipe that can be written to takes PIPE_BUF bytes without waiting (poll(2), pipe(7)). */
static void put(char *line, int len)
{
	struct pollfd error = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (len >= PIPE_BUF)
		len = PIPE_BUF - 1;
	line[len++] = '\n';
	if (poll(&error, 1, 0) != 1 || !(error.revents & POLLOUT) ||
		write(STDERR_FILENO, line, (size_t)len) != len)
		lost++;
}

void notice(const char *format, ...)
{
	static const char head[] = "sluice: ";
	char line[PIPE_BUF + 1], count[96];
	unsigned long before;
	va_list arguments;
	int len;

	pthread_mutex_lock(&turn);
	before = lost;
	if (before) {
		len = snprintf(count, sizeof(count),
			"sluice: warning: nobody read here: %lu lines were lost", before);
		put(count, len);
		lost = lost == before ? 0 : before;
	}
	len = snprintf(line, sizeof(line), "%s", head);
	va_start(arguments, format);
	len += vsnprintf(line + len, sizeof(line) - (size_t)len, format, arguments);
	va_end(arguments);
	put(line, len);
	pthread_mutex_unlock(&turn);
}
