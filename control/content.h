/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What makes a rule the same rule: digests of everything it says, as it is applied. Spelling,
 * order of keys, names of parameters and lists do not count, their values do.
 */
#ifndef SLUICE_CONTENT_H
#define SLUICE_CONTENT_H

#include "conditions.h"

/* `inspect`: how its box reads, NULL when it reads nothing. `throttles`: its steps. */
struct rule_content content_of(const struct rule *rule, const struct expr *when,
	const struct inspect *inspect, const struct throttle *throttles);

#endif
