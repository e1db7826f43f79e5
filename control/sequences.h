/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sequences.json: time and sequence number of the packets of the flows that lost most, for the
 * plots of the report. Bounded: some hundred flows are followed, a few thousand points each (every
 * second point is given up when a flow has more), the worst two dozen are written.
 */
#ifndef SLUICE_SEQUENCES_H
#define SLUICE_SEQUENCES_H

#include "classifiers/packet.h"
#include "dataplane/ruleset.h"
#include "dataplane/verdict.h"

#include <stdbool.h>
#include <stdio.h>

struct sequences;

struct sequences *sequences_begin(const struct ruleset *ruleset); /* NULL when memory is gone */
void sequences_add(
	struct sequences *sequences, const struct packet *packet, const struct verdict *verdict);
/* The name of a flow, when it is one of those that are followed. */
void sequences_name(struct sequences *sequences, uint64_t flow, const uint8_t *name, size_t len);
void sequences_write(const struct sequences *sequences, FILE *out);
void sequences_free(struct sequences *sequences);

#endif
