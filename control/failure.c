/* SPDX-License-Identifier: BSD-3-Clause */
#include "failure.h"

#include <stdarg.h>
#include <stdio.h>

bool failure_set(struct failure *failure, enum exit_code code, const char *format, ...)
{
	va_list args;

	if (failure->exit_code)
		return false;
	failure->exit_code = code;
	va_start(args, format);
	vsnprintf(failure->line, sizeof(failure->line), format, args);
	va_end(args);
	return false;
}

bool failure_at(
	struct failure *failure, const char *file, int line, int column, const char *format, ...)
{
	va_list args;
	int used;

	if (failure->exit_code)
		return false;
	failure->exit_code = EXIT_BAD_INPUT;
	used = snprintf(failure->line, sizeof(failure->line), "%s:%d:%d: ", file, line, column);
	if (used < 0 || (size_t)used >= sizeof(failure->line))
		return false;
	va_start(args, format);
	vsnprintf(failure->line + used, sizeof(failure->line) - used, format, args);
	va_end(args);
	return false;
}
