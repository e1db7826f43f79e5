/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two opinions on the same flows: how often each pair of classes was given. The first opinion on
 * all flows is noted, then the second is heard in the same order (of playback.h, which is the same
 * for every run over the same captures). Holds 16 bytes a flow.
 */
#ifndef SLUICE_AGREEMENT_H
#define SLUICE_AGREEMENT_H

#include "control/flow_rows.h"

struct agreement;

struct agreement *agreement_new(void); /* NULL when memory is gone; freed by agreement_free */
void agreement_free(struct agreement *agreement);

/* Each false when memory is gone; agreement_hear also when the flow is not the one that was noted
 * at this place. */
bool agreement_note(struct agreement *agreement, const struct flow_row *row);
bool agreement_hear(struct agreement *agreement, const struct flow_row *row);

/* After both. */
struct agreement_totals {
	uint64_t flows;
	uint64_t noted;  /* the first opinion has a class that is no guess */
	uint64_t equal;  /* of those: the second has the same */
	uint64_t alike;  /* of those: the second has the same protocol, such as TLS */
	uint64_t gained; /* only the second has a class that is no guess */
};
struct agreement_totals agreement_totals(const struct agreement *agreement);

/* equal of noted, in percent; 100 when nothing was noted */
double agreement_percent(const struct agreement_totals *totals);

/* The matrix, most flows first: a line for each pair that was given, and the totals. As JSON an
 * object: flows, decided, equal, same_protocol, gained, percent,
 * pairs. */
bool agreement_print(
	struct agreement *agreement, const struct pipeline *pipeline, bool json, FILE *out);

#endif
