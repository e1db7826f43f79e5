/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cores.h"

#include <ctype.h>
#include <sched.h>
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

void cores_default(struct cores *cores, bool many)
{
	unsigned all[CORE_LAST + 1], there = 0, first;
	cpu_set_t allowed;

	cores->count = 0;
	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (unsigned core = 0; core <= CORE_LAST && core < CPU_SETSIZE; core++) {
		if (CPU_ISSET(core, &allowed))
			all[there++] = core;
	}
	first = many && there > 1 ? 1 : there ? there - 1 : 0;
	for (unsigned i = first; i < there && cores->count < CORES_MAX; i++)
		cores->list[cores->count++] = all[i];
}
