/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cores.h"

#include <ctype.h>
#include <stdlib.h>

/* A number of at most four digits, which cannot overflow. */
static bool read_core(const char **text, unsigned *core)
{
	const char *end = *text;

	*core = 0;
	while (isdigit((unsigned char)*end) && end - *text < 4)
		*core = *core * 10 + (unsigned)(*end++ - '0');
	if (end == *text || *core > CORE_LAST)
		return false;
	*text = end;
	return true;
}

static bool add(struct cores *cores, const char *option, unsigned core, struct failure *failure)
{
	for (unsigned i = 0; i < cores->count; i++) {
		if (cores->list[i] == core)
			return failure_set(failure, EXIT_BAD_INPUT, "%s: core %u is given twice",
				option, core);
	}
	if (cores->count == CORES_MAX)
		return failure_set(
			failure, EXIT_BAD_INPUT, "%s: at most %d cores", option, CORES_MAX);
	cores->list[cores->count++] = core;
	return true;
}

bool cores_read(struct cores *cores, const char *option, const char *text, struct failure *failure)
{
	const char *at = text;
	unsigned first, last;

	cores->count = 0;
	do {
		at += at != text; /* the comma */
		if (!read_core(&at, &first))
			break;
		last = first;
		if (*at == '-' && (at++, !read_core(&at, &last)))
			break;
		if (last < first || (*at && *at != ','))
			break;
		for (; first <= last; first++) {
			if (!add(cores, option, first, failure))
				return false;
		}
	} while (*at == ',');
	if (!*at && cores->count && first == last + 1)
		return true;
	return failure_set(failure, EXIT_BAD_INPUT,
		"%s '%s': numbers of cores up to %d are wanted, as in 1,2 or 2-5", option, text,
		CORE_LAST);
}
