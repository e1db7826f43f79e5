/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a box says of itself at one moment: its numbers, and the words that go with them. `run`
 * prints it at its end, telemetry hands it out, `counters` reads it back.
 */
#ifndef SLUICE_SNAPSHOT_H
#define SLUICE_SNAPSHOT_H

#include "dataplane/io/box.h"

enum { SNAPSHOT_WORD = 64 };

/* A rule that is in force, and its row in counters.sum.rules. */
struct snapshot_rule {
	char id[SNAPSHOT_WORD];
	uint32_t slot;
};

struct snapshot {
	struct box_counters counters; /* owned */
	char lab[SNAPSHOT_WORD];
	char ruleset[SNAPSHOT_WORD]; /* id of the one in force */
	struct snapshot_rule *rules; /* owned */
	uint32_t rule_count;
	char ports[BOX_PORTS_MAX][128]; /* as the user wrote them */
};

/* Words alone; the counters stay empty. `ports`: texts as in box_options. False when memory is
 * gone. */
bool snapshot_begin(struct snapshot *snapshot, const char *lab, const struct ruleset *ruleset,
	const char *const *ports, unsigned port_count);
/* Other rules are in force. */
bool snapshot_rename(struct snapshot *snapshot, const struct ruleset *ruleset);
bool snapshot_copy(struct snapshot *copy, const struct snapshot *from);
void snapshot_end(struct snapshot *snapshot); /* also of a zeroed one */

/* What a rule has counted; zero when its row has not been used yet. */
struct fates snapshot_fates(const struct snapshot *snapshot, uint32_t rule);

/* Packets received that have no fate: 0, or the box has an error. */
int64_t snapshot_residual(const struct fates *fates);

#endif
