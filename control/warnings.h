/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the user should know about a result although it was produced: kept in the order of
 * appearance, printed on stderr at the end of a run and listed in run.json.
 */
#ifndef SLUICE_WARNINGS_H
#define SLUICE_WARNINGS_H

enum { WARNINGS_MAX = 64 };

struct warnings {
	int count;
	char text[WARNINGS_MAX][320]; /* the last one says how many more there were */
	int more;
};

void warnings_add(struct warnings *warnings, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
