/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions on when a flow begins, and on chance.
 *
 *   between: 03:00-06:00 +08:00     hours.h; the flow's first packet counts
 *   chance: 0.263                   drawn once for a flow, from the run's seed and its five-tuple
 */
#ifndef SLUICE_OCCASIONS_H
#define SLUICE_OCCASIONS_H

#include "conditions.h"

/* Values of these keys into the expr. False on failure. */
bool occasions_between(struct conditions *conditions, struct expr *expr, const struct items *items);
bool occasions_chance(struct conditions *conditions, struct expr *expr, const struct items *items);

#endif
