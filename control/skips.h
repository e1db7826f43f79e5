/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bad lines of list files that were left out because the user said so (--skip-bad): each is counted
 * once, and told.
 */
#ifndef SLUICE_SKIPS_H
#define SLUICE_SKIPS_H

#include "arena.h"
#include "failure.h"
#include "warnings.h"

#include <stdbool.h>
#include <stdint.h>

struct dictionary;

struct skips {
	struct arena *arena;
	bool allowed;
	uint64_t count; /* lines */
	int told;
	const char *text[WARNINGS_MAX]; /* of the first ones, "FILE:LINE:COLUMN: why" */
	struct dictionary *lines;       /* those that were counted */
};

/* Zeroed but for arena and allowed. */
void skips_end(struct skips *skips);

/* A line of a list file is bad. True when it may be left out, else false after a failure. */
bool skips_line(struct skips *skips, struct failure *failure, const char *file, uint32_t line,
	uint32_t column, const char *format, ...) __attribute__((format(printf, 6, 7)));

void skips_warn(const struct skips *skips, struct warnings *warnings);

#endif
