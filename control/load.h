/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures as frames that lie ready in memory: Ethernet whatever the capture's framing was, as long
 * as on the wire (zeros stand for what was not captured), in time order. Addresses are changed and
 * checksums mended after readdress.h and mend.h.
 */
#ifndef SLUICE_LOAD_H
#define SLUICE_LOAD_H

#include "control/readdress.h"
#include "control/warnings.h"

#include "control/failure.h"
#include "dataplane/io/parcel.h"

#include <stddef.h>

struct load { /* zeroed, it is empty */
	struct parcel *parcels;
	size_t count, room;
	uint64_t memory;  /* bytes that all frames take */
	uint64_t flows;   /* both directions of a five-tuple are one */
	uint64_t cut;     /* frames with zeros at their end */
	uint64_t skipped; /* not IP in a framing without Ethernet, or not possible as a frame */
	uint64_t mapped;  /* frames of which an address is a lab range's now */
	uint64_t *tuples; /* hashes of flows, in a table that grows */
	size_t tuple_room;
	uint64_t first_ns;
};

struct load_options {
	const char *const *paths;
	size_t count;
	uint64_t memory_max;         /* bytes; more is refused, and said how much it would be */
	struct readdress *readdress; /* NULL: frames stay as they are */
};

/* False with *failure set. The caller frees in both cases. */
bool load_captures(struct load *load, const struct load_options *options, struct warnings *warnings,
	struct failure *failure);
void load_free(struct load *load);

#endif
