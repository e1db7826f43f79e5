/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which protocols, address families and initiators a condition leaves possible.
 */
#ifndef SLUICE_SPACE_H
#define SLUICE_SPACE_H

#include "conditions.h"

/* False, with a failure at the key that contradicts the ones before it, when some part of the
 * condition leaves nothing. */
bool space_possible(const struct expr *expr, struct failure *failure);

/* Whether every value of the leaf `narrow` is one of the leaf `wide`, which has the same op; not
 * for names. Says no when it is not sure. */
bool space_leaf_within(const struct expr *narrow, const struct expr *wide);

#endif
