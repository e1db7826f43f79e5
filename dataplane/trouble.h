/* SPDX-License-Identifier: BSD-3-Clause */
/* Why something was refused by the system or by us: one line for the user. */
#ifndef SLUICE_TROUBLE_H
#define SLUICE_TROUBLE_H

#include <stdbool.h>

struct trouble {
	bool system;    /* the system refused (exit code 3); else the input is wrong (2) */
	char line[480]; /* without a newline */
};

/* Always false, so that callers can `return trouble_set(...)`. */
bool trouble_set(struct trouble *trouble, bool system, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
