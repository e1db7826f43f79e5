/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules that a command line chooses: --model ID or --rules FILE, with --set P=V. */
#ifndef SLUICE_CHOICE_H
#define SLUICE_CHOICE_H

#include "options.h"
#include "rules.h"

struct choice {
	const char *model, *rules; /* one of them, the other NULL */
	const char *protos;        /* see protos.h; NULL none */
	struct option_list settings;
	bool skip_bad; /* bad lines of list files are left out */
};

/* Reads and compiles them; NULL on failure. */
struct rules *choice_load(const struct choice *choice, struct failure *failure);

/* What the user should know of how they were read, on standard error. */
void choice_tell(const struct rules *rules);

#endif
