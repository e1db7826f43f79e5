/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One text for conditions that mean the same: without regard to the order of keys and values.
 */
#ifndef SLUICE_CANONICAL_H
#define SLUICE_CANONICAL_H

#include "conditions.h"

/* Fills .canonical of expr and everything below it, and sorts the values of its leaves. */
void canonical_write(struct arena *arena, struct expr *expr);

#endif
