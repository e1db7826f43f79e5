/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that can never match are mistakes: conditions that contradict themselves, and rules that
 * an earlier one takes everything from.
 */
#ifndef SLUICE_REACH_H
#define SLUICE_REACH_H

#include "conditions.h"

struct reach;

struct reach *reach_new(struct arena *arena, struct failure *failure);
void reach_free(struct reach *reach);

/* Takes the condition of the next rule; `at` and `id` are the rule's, for messages. False when no
 * flow can get there, unless a version in force switched the rule off. */
bool reach_add(
	struct reach *reach, const struct expr *expr, const struct yaml_node *at, const char *id);

/* Whether every name that pattern p matches is matched by q too; both in small letters. Says no
 * when it is not sure. */
bool reach_pattern_covers(const char *q, const char *p);

#endif
