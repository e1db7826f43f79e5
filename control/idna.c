/* SPDX-License-Identifier: BSD-3-Clause */
#include "idna.h"

#include <idn2.h>
#include <stdbool.h>
#include <string.h>

static bool is_ascii(const char *text)
{
	while (*text && (unsigned char)*text < 0x80)
		text++;
	return !*text;
}

/* What stands before the first whole label; NULL when the pattern is no name of whole labels. */
static const char *labels_of(const char *pattern)
{
	if (!strncmp(pattern, "**.", 3))
		return pattern + 3;
	if (!strncmp(pattern, "*.", 2))
		return pattern + 2;
	return *pattern == '*' || *pattern == '/' ? NULL : pattern;
}

const char *idna_pattern(struct arena *arena, const char *pattern, const char **why)
{
	const char *labels = labels_of(pattern), *converted;
	char *wire = NULL;
	int answer;

	if (is_ascii(pattern))
		return pattern;
	if (!labels || strchr(labels, '*')) {
		*why = "has a part of a label beyond ASCII: only whole labels go over the wire as "
		       "xn--...";
		return NULL;
	}
	answer = idn2_to_ascii_8z(labels, &wire, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (answer != IDN2_OK) {
		*why = idn2_strerror(answer);
		return NULL;
	}
	converted = arena_format(arena, "%.*s%s", (int)(labels - pattern), pattern, wire);
	idn2_free(wire);
	return converted;
}
