/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `then`: what is done to the packets of a rule. The words are those of throttle_kinds[] and of
 * each kind's table of parameters; nothing here knows one kind from another.
 */
#ifndef SLUICE_STEPS_H
#define SLUICE_STEPS_H

#include "references.h"

#include "dataplane/ruleset.h"
#include "dataplane/throttle/throttle.h"

enum { STEPS_MAX = 16 }; /* of one rule */

/* Reads `then`: fills kind, per and params of at most STEPS_MAX throttles. None for
 * "pass" and for a NULL node. The caller frees them with steps_free(), or the ruleset that takes
 * them. False on failure. */
bool steps_read(const struct references *references, const struct yaml_node *then,
	struct throttle *throttles, uint32_t *count);

/* What the throttles own; for those that no ruleset took over. */
void steps_free(struct throttle *throttles, uint32_t count);

/* Reads some parameters of a throttle over those it has as written. False on failure. */
bool steps_change(const struct references *references, const struct yaml_node *map,
	struct throttle *throttle);

#endif
