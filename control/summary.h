/* SPDX-License-Identifier: BSD-3-Clause */
/* What a live box did, told once at its end. */
#ifndef SLUICE_SUMMARY_H
#define SLUICE_SUMMARY_H

#include "dataplane/io/box.h"

#include <stdio.h>

/* A few lines: what came, what went, what was dropped and why, rule by rule. */
void summary_print(const struct box_counters *counters, const struct ruleset *ruleset,
	uint64_t ran_ns, FILE *out);

#endif
