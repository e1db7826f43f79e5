/* SPDX-License-Identifier: BSD-3-Clause */
/* What a ruleset says once of all its rules, so that no packet has to ask each. */
#ifndef SLUICE_RULES_SUMS_H
#define SLUICE_RULES_SUMS_H

#include "dataplane/ruleset.h"

/* After the rules have been read: fills what flows without a rule are treated by, and which rules
 * have what later flows are asked about. */
void rules_sum_up(struct ruleset *ruleset);

#endif
