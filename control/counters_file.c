/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/counters_file.h"

#include <stdio.h>

/* A replay has only the drops of throttles, a live box all of them: always the same keys. */
static json_t *dropped_json(const struct fates *fates, bool live, bool bytes)
{
	int end = live ? DROP_COUNT : DROPS_OF_THROTTLES;
	json_t *dropped = json_object();

	for (int drop = DROP_NONE + 1; drop < end; drop++) {
		const struct tally *tally = &fates->dropped[drop];

		json_object_set_new(dropped, drop_words[drop],
			json_integer(bytes ? tally->bytes : tally->packets));
	}
	return dropped;
}

void counters_put_fates(json_t *into, const struct fates *fates, bool live)
{
	json_object_set_new(into, "received", json_integer(fates->received.packets));
	json_object_set_new(into, "forwarded", json_integer(fates->forwarded.packets));
	json_object_set_new(into, "held", json_integer(fates->held.packets));
	json_object_set_new(into, "dropped", dropped_json(fates, live, false));
	json_object_set_new(into, "received_bytes", json_integer(fates->received.bytes));
	json_object_set_new(into, "forwarded_bytes", json_integer(fates->forwarded.bytes));
	json_object_set_new(into, "held_bytes", json_integer(fates->held.bytes));
	json_object_set_new(into, "dropped_bytes", dropped_json(fates, live, true));
}

static void put_events(json_t *into, const struct counters *counters)
{
	for (int event = 0; event < EVENT_COUNT; event++) {
		const struct counter_event_name *name = &counter_event_names[event];
		json_t *group = json_object_get(into, name->group);

		if (!group) {
			group = json_object();
			json_object_set_new(into, name->group, group);
		}
		json_object_set_new(group, name->word, json_integer(counters->events[event]));
	}
}

json_t *counters_json(const struct counters *counters, const struct snapshot_rule *rules,
	uint32_t rule_count, bool live)
{
	static const struct fates none;
	struct fates total = counters_total(counters);
	json_t *root = json_object();
	json_t *by_rule = json_object();
	json_t *ports = json_object();
	char number[16];

	counters_put_fates(root, &total, live);
	json_object_set_new(root, "rules", by_rule);
	for (uint32_t i = 0; i < rule_count; i++) {
		bool used = rules[i].slot < counters->rule_count;
		json_t *fates = json_object();

		counters_put_fates(fates, used ? &counters->rules[rules[i].slot] : &none, live);
		json_object_set_new(by_rule, rules[i].id, fates);
	}
	json_object_set_new(root, "ports", ports);
	for (uint32_t port = 0; port < counters->port_count; port++) {
		json_t *fates = json_object();

		counters_put_fates(fates, &counters->ports[port], live);
		snprintf(number, sizeof(number), "%u", port);
		json_object_set_new(ports, number, fates);
	}
	put_events(root, counters);
	return root;
}
