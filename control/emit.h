/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions as trees to the flat arrays of a ruleset.
 */
#ifndef SLUICE_EMIT_H
#define SLUICE_EMIT_H

#include "conditions.h"

/* Fills conditions, ports, apps, prefixes, names and list_masks of a ruleset that has its rules
 * and inspects, one tree a rule. False, pointing at `at`, when the ruleset would be too large. */
bool emit_conditions(const struct expr *const *exprs, struct ruleset *ruleset,
	const struct yaml_node *at, struct failure *failure);

#endif
