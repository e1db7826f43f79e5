/* SPDX-License-Identifier: BSD-3-Clause */
#include "skips.h"

#include "dictionary.h"

#include <stdarg.h>
#include <stdio.h>

void skips_end(struct skips *skips)
{
	dictionary_free(skips->lines);
	skips->lines = NULL;
}

/* A list may be used by several rules, each of which meets its bad lines. */
static bool is_new(struct skips *skips, const char *file, uint32_t line)
{
	uint64_t *times;

	if (!skips->lines)
		skips->lines = dictionary_new();
	times = dictionary_at(skips->lines, arena_format(skips->arena, "%s:%u", file, line));
	return !(*times)++;
}

bool skips_line(struct skips *skips, struct failure *failure, const char *file, uint32_t line,
	uint32_t column, const char *format, ...)
{
	char why[400];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (!skips || !skips->allowed)
		return failure_at(failure, file, (int)line, (int)column, "%s", why);
	if (!is_new(skips, file, line))
		return true;
	skips->count++;
	if (skips->told < WARNINGS_MAX)
		skips->text[skips->told++] = arena_format(
			skips->arena, "%s:%u:%u: skipped: %s", file, line, column, why);
	return true;
}

void skips_warn(const struct skips *skips, struct warnings *warnings)
{
	if (skips->count)
		warnings_add(warnings, "%llu bad line%s of list files skipped (--skip-bad)",
			(unsigned long long)skips->count, skips->count == 1 ? "" : "s");
	for (int i = 0; i < skips->told; i++)
		warnings_add(warnings, "%s", skips->text[i]);
}
