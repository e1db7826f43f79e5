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
	OPTION_COUNT,  /* uint64_t, decimal or 0x hex, min to max, both included */
	OPTION_FACTOR, /* double > 0 */
};

struct option_list {
	const char **items; /* pointers into argv; the array is freed by options_free */
	size_t count;
};

struct option_row {
	const char *name; /* "--model"; NULL ends the table; 63 rows at most */
	char letter;      /* 'o' for -o; 0 none */
	enum option_type type;
	const char *value; /* how the value is called in the help, "ID"; NULL for flags */
	const char *help;
	size_t offset;     /* into the command's own struct of options */
	uint64_t min, max; /* OPTION_COUNT */
};

struct command {
	const char *name;     /* "replay", "model list" */
	const char *synopsis; /* what stands after the name in the usage line */
	const char *help;     /* one line */
	const char *details;  /* paragraphs after the options; NULL none */
	const struct option_row *options;
	int (*run)(int argc, char **argv, struct failure *failure); /* as for options_parse */
};

/*
 * Fills `into` (a struct of the command's own, set to the defaults) and the positional arguments
 * (NULL: the command takes none). argv[0] is the last word of the command's name.
 *
 * Options may stand anywhere and "--" ends them: "--name=value", "--name value", "-oDIR", "-o DIR".
 * A value that begins with "--" needs the form with '='. "-" is a positional argument. An option
 * with one value may be given once; flags and lists any number of times.
 *
 * 0 when parsed. 1 after "--help" or "-h", printed to stdout (the caller returns EXIT_DONE). -1 on
 * failure. Lists are empty unless 0 is returned; options_free is harmless in all three cases.
 */
int options_parse(const struct command *command, int argc, char **argv, void *into,
	struct option_list *positional, struct failure *failure);

void options_help(const struct command *command, FILE *out);

/* Frees the arrays of lists. */
void options_free(const struct command *command, void *into, struct option_list *positional);

#endif
