/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How lists are written in files: what one line of each format says.
 *
 *   plain     an entry a line, in the words of the condition that takes the list
 *   domains   a name a line, which stands for itself and everything below it
 *   hosts     ADDRESS NAME...: the names; those of the machine itself (localhost, ...) are left out
 *   dnsmasq   address=/NAME/.../, server=/NAME/.../, local=/NAME/.../: the names and all below
 *   prefixes  NAME PREFIX...: prefixes that have a name (AS13335 1.1.1.0/24)
 *
 * # begins a comment, in dnsmasq and behind a regular expression only after a blank.
 */
#ifndef SLUICE_LIST_FORMAT_H
#define SLUICE_LIST_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* A run of characters of a line. */
struct list_word {
	const char *text; /* not terminated */
	size_t len;
};

/* What gets each entry: `below` is set when everything below the name is meant too; `group` is the
 * name of a prefix, empty for others. */
typedef void (*list_sink)(
	void *context, struct list_word entry, bool below, struct list_word group);

extern const char *const list_formats[]; /* the words above; ends with NULL */
enum { LIST_PLAIN = 0, LIST_PREFIXES = 4 };

/* One line without its end, of format list_formats[format]: hands on its entries. NULL, or a static
 * description of what is wrong and *column (from 1); then some may have been handed on. */
const char *list_format_line(unsigned format, const char *line, size_t len, list_sink sink,
	void *context, size_t *column);

#endif
