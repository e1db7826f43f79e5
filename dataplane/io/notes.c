/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1536 };

void notes_add(struct notes *notes, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;
	size_t len;
	char *longer;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	strcat(line, "\n");
	len = strlen(line);
	longer = realloc(notes->text, notes->len + len + 1);
	if (!longer)
		return;
	memcpy(longer + notes->len, line, len + 1);
	notes->text = longer;
	notes->len += len;
}

char *notes_take(struct notes *notes)
{
	char *text = notes->text;

	*notes = (struct notes){0};
	return text;
}
