/* SPDX-License-Identifier: BSD-3-Clause */
#include "warnings.h"

#include <stdarg.h>
#include <stdio.h>

void warnings_add(struct warnings *warnings, const char *format, ...)
{
	va_list args;

	if (warnings->count == WARNINGS_MAX) {
		warnings->more++;
		snprintf(warnings->text[WARNINGS_MAX - 1], sizeof(warnings->text[0]),
			"and %d more warnings", warnings->more + 1);
		return;
	}
	va_start(args, format);
	vsnprintf(warnings->text[warnings->count], sizeof(warnings->text[0]), format, args);
	va_end(args);
	warnings->count++;
}
