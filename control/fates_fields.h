/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The numbers of struct fates by their names in a hash: "received", "held_bytes", "dropped.police".
 * Those of earlier processes are beside them as "past.received".
 */
#ifndef SLUICE_FATES_FIELDS_H
#define SLUICE_FATES_FIELDS_H

#include "dataplane/counters.h"

#include <stddef.h>

enum { FATES_FIELDS = 2 * (3 + DROP_COUNT - 1) };

struct fates_field {
	const char *name, *past; /* no past: it is of this moment and does not add up */
	size_t offset;
};

extern const struct fates_field fates_fields[FATES_FIELDS];

static inline uint64_t fates_number(const struct fates *fates, unsigned field)
{
	return *(const uint64_t *)((const char *)fates + fates_fields[field].offset);
}

static inline void fates_add_number(struct fates *fates, unsigned field, uint64_t number)
{
	*(uint64_t *)((char *)fates + fates_fields[field].offset) += number;
}

/* sum += part, also what is held. */
void fates_add(struct fates *sum, const struct fates *part);

/* sum += part, of what adds up in time: what is held does not. */
void fates_add_past(struct fates *sum, const struct fates *part);

#endif
