/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why a command cannot go on: one line for a person, and the exit code that goes with it.
 *
 * Functions that can fail take a struct failure, return false or NULL, and leave one line there.
 * Only main prints it, as "sluice: LINE".
 */
#ifndef SLUICE_FAILURE_H
#define SLUICE_FAILURE_H

#include <stdbool.h>

enum exit_code {
	EXIT_DONE = 0,
	EXIT_ANSWER_NO = 1, /* a failed check, a difference found */
	EXIT_BAD_INPUT = 2, /* wrong use or bad input */
	EXIT_REFUSED = 3,   /* the system refused: permissions, disk full, no memory */
};

struct failure {
	int exit_code;
	char line[1024];
};

/* Fills *failure; always returns false, so that callers can `return failure_set(...)`. The first
 * failure stays: later ones are consequences. */
bool failure_set(struct failure *failure, enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "FILE:LINE:COLUMN: text". */
bool failure_at(struct failure *failure, const char *file, int line, int column, const char *format,
	...) __attribute__((format(printf, 5, 6)));

#endif
