/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hours of the day and dates as a document writes them.
 *
 *   between: 00:00-06:00 utc
 *   between: [23:00-02:00 +08:00, 12:00-13:30 local]      local: the document's own zone
 *
 *   zone: "+03:00"      at the root; a plain difference to UTC, no summer time
 */
#ifndef SLUICE_HOURS_H
#define SLUICE_HOURS_H

#include "references.h"

#include "dataplane/timetable.h"

/* False on failure. */
bool hours_read(
	const struct references *references, const struct yaml_node *node, struct opening *opening);

/* The same of values that were read already, at least one. */
bool hours_items(
	const struct references *references, const struct items *items, struct opening *opening);

/* "2024-07-25" or "2024-07-25T18:30", in the document's zone (UTC when it has none), as ns since
 * the epoch. False on failure at `at`. */
bool hours_date(const struct references *references, const struct yaml_node *at, const char *text,
	uint64_t *ns);

/* Checks `zone` of the root. False on failure. */
bool hours_zone_check(const struct yaml_node *root, struct failure *failure);

#endif
