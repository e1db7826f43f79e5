/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command-line options as a table: it parses, it prints the help, it names the nearest word when
 * an option is not there.
 */
#ifndef SLUICE_OPTIONS_H
#define SLUICE_OPTIONS_H

#include "failure.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char * */
	OPTION_LIST,   /* struct option_list: may be given many times */
	OPTION_COUNT,  /* uint64_t, decimal or 0x hex, between min and max */
	OPTION_FACTOR, /* double > 0 */
};

struct option_list {
	const char **items; /* pointers into argv; the array is freed by options_free */
	size_t count;
};

struct option_row {
	const char *name;  /* "--model"; NULL ends the table */
	char letter;       /* 'o' for -o; 0 none */
	enum option_type type;
	const char *value; /* how the value is called in the help, "ID"; NULL for flags */
	const char *help;
	size_t offset;     /* into the command's own struct of options */
	uint64_t min, max; /* OPTION_COUNT */
};

struct command {
	const char *name;    /* "replay", "model list" */
	const char *synopsis; /* what stands after the name in the usage line */
	const char *help;    /* one line */
	const char *details; /* paragraphs after the options; NULL none */
	const struct option_row *options;
	int (*run)(int argc, char **argv, struct failure *failure); /* argv[0] is the command */
};

/* Fills `into` (a struct of the command's own, set to the defaults) and the positional arguments.
 * Options may stand anywhere; "--" ends them; "--name=value" and "--name value", "-oDIR" and
 * "-o DIR". "--help" prints to stdout and returns 1 (the caller exits 0). 0 when parsed, -1 on
 * failure. */
int options_parse(const struct command *command, int argc, char **argv, void *into,
	struct option_list *positional, struct failure *failure);

void options_help(const struct command *command, FILE *out);

/* Frees the arrays of lists. */
void options_free(const struct command *command, void *into, struct option_list *positional);

/* The nearest of `words` (NULL-terminated) to `word` by edit distance, NULL when none is near. */
const char *options_nearest(const char *word, const char *const *words);

#endif
