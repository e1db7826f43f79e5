/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pipeline between two ends of a wire in virtual time: packets go in one by one, verdicts come
 * out, and what is told of flows as they end is added up.
 */
#ifndef SLUICE_WIRE_H
#define SLUICE_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/rules.h"
#include "dataplane/pipeline.h"
#include "tests/unit/frames.h"

#define SECOND_NS (1000ull * 1000 * 1000)

struct wire {
	struct rules *rules;
	struct prefixes *inside;
	struct pipeline *pipeline;
	uint64_t packets; /* sent: the index of the last one */
	uint64_t endings[ENDING_EVICTED + 1], ended, ended_packets;
	struct flow flow; /* the last one that ended */
	struct flow_record record;
	char name[256];
};

static inline void wire_flow_ended(void *context, const struct flow_ended *ended)
{
	struct wire *wire = context;

	wire->endings[ended->ending]++;
	wire->ended++;
	wire->ended_packets += flow_packets(ended->flow, ended->record);
	wire->flow = *ended->flow;
	wire->record = *ended->record;
	if (ended->name.len)
		memcpy(wire->name, ended->name.data, ended->name.len);
	wire->name[ended->name.len] = '\0';
}

/* Inside is 10.0.0.0/8 and 2001:db8:1::/48. */
static inline struct prefixes *wire_inside(void)
{
	static const char *const texts[] = {"10.0.0.0/8", "2001:db8:1::/48"};
	struct prefixes *inside = prefixes_new();
	struct prefix prefix;

	for (size_t i = 0; i < 2; i++) {
		assert_null(prefix_parse(texts[i], &prefix));
		prefixes_add(inside, &prefix);
	}
	prefixes_seal(inside);
	return inside;
}

/* `rules`: what follows "rules:" in the model language. */
static inline struct rules *wire_rules(const char *rules)
{
	struct failure failure = {0};
	struct rules *loaded;
	char text[4096];

	snprintf(text, sizeof(text), "sluice: 1\nid: test\nrules:\n%s", rules);
	loaded = rules_load_text("test", text, strlen(text), NULL, 0, &failure);
	if (!loaded)
		fail_msg("%s", failure.line);
	return loaded;
}

/* Of `options`, what is zero is set here. */
static inline void wire_begin(
	struct wire *wire, const char *rules, const struct pipeline_options *wanted)
{
	struct pipeline_options options = wanted ? *wanted : (struct pipeline_options){0};

	memset(wire, 0, sizeof(*wire));
	wire->rules = wire_rules(rules);
	wire->inside = wire_inside();
	options.ruleset = rules_compiled(wire->rules);
	options.inside = wire->inside;
	options.flows = options.flows ? options.flows : 10000;
	options.ports = options.ports ? options.ports : 1;
	options.ended = wire_flow_ended;
	options.context = wire;
	wire->pipeline = pipeline_new(&options);
	assert_non_null(wire->pipeline);
}

static inline void wire_end(struct wire *wire)
{
	pipeline_finish(wire->pipeline);
	pipeline_free(wire->pipeline);
	prefixes_free(wire->inside);
	rules_free(wire->rules);
}

/* Other rules from now on; the old ones are gone. */
static inline void wire_swap(struct wire *wire, const char *rules)
{
	struct rules *next = wire_rules(rules);

	assert_true(rules_succeed(next, rules_compiled(wire->rules)));
	pipeline_adopt(wire->pipeline, rules_compiled(next));
	rules_free(wire->rules);
	wire->rules = next;
}

static inline struct verdict wire_send(struct wire *wire, const struct segment *segment)
{
	struct verdict verdict, *into = &verdict;
	const struct packet *packet;
	struct frame frame;

	frame_make(&frame, segment);
	frame.packet.index = ++wire->packets;
	packet = &frame.packet;
	pipeline_burst(wire->pipeline, &packet, &into, 1);
	return verdict;
}

static inline uint64_t wire_event(struct wire *wire, enum counter_event event)
{
	return pipeline_counters(wire->pipeline)->events[event];
}

/* Flows in the table, by the counters. */
static inline uint64_t wire_live(struct wire *wire)
{
	return wire_event(wire, EVENT_FLOWS_CREATED) - wire_event(wire, EVENT_FLOWS_EXPIRED) -
	       wire_event(wire, EVENT_FLOWS_CLEARED) -
	       wire_event(wire, EVENT_FLOWS_EVICTED_EMBRYONIC) -
	       wire_event(wire, EVENT_FLOWS_EVICTED_IDLE);
}

/* received = forwarded + held + dropped of every kind, in packets and bytes. */
static inline void wire_assert_closed(const struct fates *fates)
{
	struct tally sum = fates->forwarded;

	sum.packets += fates->held.packets;
	sum.bytes += fates->held.bytes;
	for (int drop = 0; drop < DROP_COUNT; drop++) {
		sum.packets += fates->dropped[drop].packets;
		sum.bytes += fates->dropped[drop].bytes;
	}
	assert_int_equal(sum.packets, fates->received.packets);
	assert_int_equal(sum.bytes, fates->received.bytes);
}

#endif
