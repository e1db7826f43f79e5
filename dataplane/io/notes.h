/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines worth telling the user that are no errors, in the order in which they came up. */
#ifndef SLUICE_NOTES_H
#define SLUICE_NOTES_H

#include <stddef.h>

struct notes {
	char *text; /* lines that end with a newline, NULL when there is none */
	size_t len;
};

/* Without a newline. Lost when memory is gone. */
void notes_add(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text, which the caller frees, or NULL; empties the notes. */
char *notes_take(struct notes *notes);

#endif
