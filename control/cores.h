/* SPDX-License-Identifier: BSD-3-Clause */
/* Cores as they are written on the command line: "1,2", "2-5", "0,4-6". */
#ifndef SLUICE_CORES_H
#define SLUICE_CORES_H

#include "failure.h"

enum { CORES_MAX = 32, CORE_LAST = 1023 };

struct cores {
	unsigned list[CORES_MAX]; /* in the order given */
	unsigned count;
};

/* False with *failure set, which begins with `option`: not a list, a core twice, too many. */
bool cores_read(struct cores *cores, const char *option, const char *text, struct failure *failure);

/* What is taken when nothing is said: with `many`, all cores that this process may use but the
 * first, which is left to the control thread; else the last of them alone. */
void cores_default(struct cores *cores, bool many);

#endif
