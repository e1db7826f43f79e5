/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/trouble.h"

#include <stdarg.h>
#include <stdio.h>

bool trouble_set(struct trouble *trouble, bool system, const char *format, ...)
{
	va_list arguments;

	trouble->system = system;
	va_start(arguments, format);
	vsnprintf(trouble->line, sizeof(trouble->line), format, arguments);
	va_end(arguments);
	return false;
}
