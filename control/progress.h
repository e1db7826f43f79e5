/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far long work has come, as one line on the terminal that is written over and wiped at the
 * end. Silent when standard error is not a terminal, or a dumb one.
 */
#ifndef SLUICE_PROGRESS_H
#define SLUICE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *what;
	uint64_t shown_ns; /* CLOCK_MONOTONIC, when the line was last written */
	bool silent;
	bool visible; /* there is a line to wipe */
};

/* `what` is kept, not copied: "replay". */
void progress_begin(struct progress *progress, const char *what);

/* In bytes; total 0 when it is not known. Writes at most 5 times a second, and otherwise costs a
 * clock reading (nothing at all when silent): call it every thousand packets or so. */
void progress_update(struct progress *progress, uint64_t done, uint64_t total);

/* Wipes the line. Harmless when there is none, and before any other output. */
void progress_end(struct progress *progress);

#endif
