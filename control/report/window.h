/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A table's file, a block at a time, with the places of the bytes that mean something in RFC 4180:
 * sixteen bytes are looked at at once, so that a reader need not look at each.
 */
#ifndef SLUICE_REPORT_WINDOW_H
#define SLUICE_REPORT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
	WINDOW_BYTES = 128 * 1024, /* are read at once */
	WINDOW_STEP = 8 * 1024,    /* are marked at once, if a row ends there */
	WINDOW_STEP_FIRST = 512,   /* where a single row may be all that is wanted */
	WINDOW_SLACK = 64,         /* bytes before and after the text that may be read */
};

#define WINDOW_NONE UINT32_MAX

struct marks {
	uint32_t next, count;
	uint32_t at[WINDOW_BYTES + WINDOW_SLACK]; /* ascending, then WINDOW_NONE */
};

struct window {
	FILE *file;
	const char *text; /* filled bytes, those from `at` are not read yet */
	uint64_t offset;  /* of text[0] in the file */
	uint32_t at, marked, filled;
	uint32_t step;       /* how much to mark next */
	bool ended, broken;  /* nothing follows; for it could not be read */
	struct marks stops;  /* commas and line breaks, at[next] the last one before `at` */
	struct marks breaks; /* line breaks, at[next] the first from `at` on */
	struct marks odd;    /* likewise quotes, and CR without LF */
	char room[WINDOW_SLACK + WINDOW_BYTES + WINDOW_SLACK];
};

/* Looks at the file from its begin. The window is zeroed memory. */
void window_open(struct window *window, FILE *file);

/* Drops what is read and reads on. False: there is nothing more, or no room for it. */
bool window_fill(struct window *window);

/* Marks what comes next, with a row's end if the window can hold one. */
void window_mark(struct window *window);

/* Goes to a place in the file, from which nothing is marked yet. */
void window_go(struct window *window, uint64_t offset);

#endif
