/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const burst_words[BURST_SIZES] = {
	"bursts_1", "bursts_2_4", "bursts_5_8", "bursts_9_16", "bursts_17_31", "bursts_32"};

bool snapshot_begin(struct snapshot *snapshot, const char *lab, const struct ruleset *ruleset,
	const char *const *ports, unsigned port_count)
{
	memset(snapshot, 0, sizeof(*snapshot));
	snprintf(snapshot->lab, sizeof(snapshot->lab), "%s", lab);
	for (unsigned i = 0; i < port_count && i < BOX_PORTS_MAX; i++)
		snprintf(snapshot->ports[i], sizeof(snapshot->ports[i]), "%s", ports[i]);
	return snapshot_rename(snapshot, ruleset);
}

bool snapshot_rename(struct snapshot *snapshot, const struct ruleset *ruleset)
{
	struct snapshot_rule *rules = calloc(ruleset->rule_count + 1, sizeof(*rules));

	if (!rules)
		return false;
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		snprintf(rules[i].id, sizeof(rules[i].id), "%s", ruleset->rules[i].id);
		rules[i].slot = ruleset->rules[i].slot;
	}
	free(snapshot->rules);
	snapshot->rules = rules;
	snapshot->rule_count = ruleset->rule_count;
	snprintf(snapshot->ruleset, sizeof(snapshot->ruleset), "%s", ruleset->id);
	return true;
}

bool snapshot_copy(struct snapshot *copy, const struct snapshot *from)
{
	const struct counters *sum = &from->counters.sum;
	bool good;

	*copy = *from;
	good = counters_begin(&copy->counters.sum, sum->rule_count, sum->port_count);
	copy->rules = calloc(from->rule_count + 1, sizeof(*copy->rules));
	if (!good || !copy->rules) {
		snapshot_end(copy);
		return false;
	}
	counters_add(&copy->counters.sum, sum);
	memcpy(copy->rules, from->rules, from->rule_count * sizeof(*copy->rules));
	return true;
}

void snapshot_end(struct snapshot *snapshot)
{
	counters_end(&snapshot->counters.sum);
	free(snapshot->rules);
	snapshot->rules = NULL;
	snapshot->rule_count = 0;
}

struct fates snapshot_fates(const struct snapshot *snapshot, uint32_t rule)
{
	const struct counters *sum = &snapshot->counters.sum;
	uint32_t slot = snapshot->rules[rule].slot;

	return slot < sum->rule_count ? sum->rules[slot] : (struct fates){0};
}

int64_t snapshot_residual(const struct fates *fates)
{
	uint64_t told = fates->forwarded.packets + fates->held.packets;

	for (int drop = 0; drop < DROP_COUNT; drop++)
		told += fates->dropped[drop].packets;
	return (int64_t)(fates->received.packets - told);
}
