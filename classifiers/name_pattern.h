/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One host-name pattern of names.h, taken apart: its form, and the characters that are compared.
 */
#ifndef SLUICE_NAME_PATTERN_H
#define SLUICE_NAME_PATTERN_H

#include <stddef.h>

enum { NAME_BYTES = 255 }; /* the longest name (RFC 1035 section 2.3.4) */

/* Bits, so that one literal can be asked for in several forms. */
enum name_form {
	FORM_EXACT = 1,     /* x */
	FORM_ONE_LABEL = 2, /* *.x */
	FORM_ANY_DEPTH = 4, /* **.x */
	FORM_SUFFIX = 8,    /* *x */
	FORM_CONTAINS = 16, /* *x* */
	FORM_REGEX = 32,    /* /x/: not compared but searched for (names_regex.h) */
};

/* Without the stars or slashes, and without the dot of the two forms that imply one. */
struct name_pattern {
	const char *literal; /* into the text; not terminated */
	size_t len;
	enum name_form form;
};

/* NULL, or a static description of what is wrong (then *pattern says nothing). Whether what is
 * between the slashes is a regular expression is names_regex_check()'s to say. */
const char *name_pattern_parse(const char *text, struct name_pattern *pattern);

#endif
