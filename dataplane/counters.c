/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/counters.h"

#include "dataplane/verdict.h"

#include <stdlib.h>
#include <string.h>

const struct counter_event_name counter_event_names[EVENT_COUNT] = {
#define X(name, group, word) {group, word},
	COUNTER_EVENTS(X)
#undef X
};

const char *const reason_words[REASON_COUNT] = {
#define X(name, word) word,
	DECISIONS(X)
#undef X
		[REASON_NOT_IP] = "not-ip",
	[REASON_FRAGMENT] = "fragment",
	[REASON_TRUNCATED] = "truncated",
	[REASON_MALFORMED] = "malformed",
	[REASON_OUT_OF_SCOPE] = "out-of-scope",
	[REASON_UNTRACKED] = "untracked",
};

bool counters_begin(struct counters *counters, uint32_t rules, uint32_t ports)
{
	memset(counters, 0, sizeof(*counters));
	counters->rule_count = rules;
	counters->port_count = ports;
	counters->rules = calloc(rules + 1, sizeof(*counters->rules));
	counters->ports = calloc(ports + 1, sizeof(*counters->ports));
	return counters->rules && counters->ports;
}

void counters_end(struct counters *counters)
{
	free(counters->rules);
	free(counters->ports);
	memset(counters, 0, sizeof(*counters));
}

static void tally_add(struct tally *sum, const struct tally *part)
{
	sum->packets += part->packets;
	sum->bytes += part->bytes;
}

static void fates_add(struct fates *sum, const struct fates *part)
{
	tally_add(&sum->received, &part->received);
	tally_add(&sum->forwarded, &part->forwarded);
	tally_add(&sum->held, &part->held);
	for (int drop = 0; drop < DROP_COUNT; drop++)
		tally_add(&sum->dropped[drop], &part->dropped[drop]);
}

void counters_add(struct counters *sum, const struct counters *part)
{
	for (uint32_t rule = 0; rule < part->rule_count; rule++)
		fates_add(&sum->rules[rule], &part->rules[rule]);
	for (uint32_t port = 0; port < sum->port_count; port++)
		fates_add(&sum->ports[port], &part->ports[port]);
	for (int event = 0; event < EVENT_COUNT; event++)
		sum->events[event] += part->events[event];
}

struct fates counters_total(const struct counters *counters)
{
	struct fates total = {0};

	for (uint32_t port = 0; port < counters->port_count; port++)
		fates_add(&total, &counters->ports[port]);
	return total;
}
