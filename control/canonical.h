/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One text for conditions that mean the same: without regard to the order of keys and values.
 */
#ifndef SLUICE_CANONICAL_H
#define SLUICE_CANONICAL_H

#include "conditions.h"

/* Fills .canonical of expr and everything below it, and sorts the values of its leaves. Says of
 * NAMEs how they are read, not where that stands in `inspects`: equal texts of different documents
 * mean the same too. */
void canonical_write(struct arena *arena, const struct inspect *inspects, struct expr *expr);

#endif
