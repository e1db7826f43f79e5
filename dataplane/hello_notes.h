/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What rules ask of a flow's ClientHello, and what is kept of it with the flow. Several boxes may
 * read the same hello in one packet; what is costly to know of it is found out once.
 */
#ifndef SLUICE_HELLO_NOTES_H
#define SLUICE_HELLO_NOTES_H

#include "classifiers/hello_texts.h"
#include "dataplane/flow.h"
#include "dataplane/ruleset.h"

/* One shard's; zeroed at first. */
struct hello_notes {
	uint64_t packet; /* index of the packet that the texts are from, 0 none */
	uint8_t random[32];
	struct hello_texts texts;
};

/* The texts that are wanted of a hello (bits of hello_source) which ended in this packet; valid
 * until the next call. */
struct span hello_notes_of(struct hello_notes *notes, uint64_t packet, uint32_t wanted,
	const struct inspection_result *read);

/* Inspect i (index) has read these texts: adds the lists that they are on to `seen`, and keeps them
 * with the flow when they are its first or count. True when that is news. */
bool hello_notes_take(const struct ruleset *ruleset, uint32_t i, struct flow_table *table,
	struct flow_record *record, struct span texts, uint64_t *seen);

#endif
