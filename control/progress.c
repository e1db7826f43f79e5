/* SPDX-License-Identifier: BSD-3-Clause */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_NS (200ull * 1000 * 1000)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void progress_begin(struct progress *progress, const char *what)
{
	const char *terminal = getenv("TERM");

	*progress = (struct progress){.what = what, .shown_ns = now_ns()};
	progress->silent = !isatty(STDERR_FILENO) || !terminal || strcmp(terminal, "dumb") == 0;
}

void progress_update(struct progress *progress, uint64_t done, uint64_t total)
{
	uint64_t now;

	if (progress->silent)
		return;
	now = now_ns();
	/* The first line waits as well, so that short work shows none. */
	if (now - progress->shown_ns < INTERVAL_NS)
		return;
	progress->shown_ns = now;
	progress->visible = true;
	if (total)
		fprintf(stderr, "\r%s: %.0f %%, %.1f of %.1f MB\033[K", progress->what,
			100.0 * (double)done / (double)total, (double)done / 1e6,
			(double)total / 1e6);
	else
		fprintf(stderr, "\r%s: %.1f MB\033[K", progress->what, (double)done / 1e6);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (!progress->visible)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	progress->visible = false;
}
