/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The slow part of a flow's life: while it is young, its packets are examined to find out what it
 * is and which rule it falls under. One examination a flow, from a bounded pool; it ends when both
 * are known, and with it all cost.
 */
#ifndef SLUICE_EXAMINE_H
#define SLUICE_EXAMINE_H

#include "classifiers/classify.h"
#include "dataplane/counters.h"
#include "dataplane/flow.h"
#include "dataplane/ruleset.h"

/* Different ways to read that one ruleset can ask for, and the one for the record. */
enum { WAYS_MAX = INSPECTS_MAX + 1 };

/* What one shard's examinations share. */
struct examiner {
	const struct ruleset *ruleset;
	struct flow_table *table;
	struct counters *counters;
	struct dpi *dpi;
	bool guess_ports;
	struct inspection_way ways[WAYS_MAX]; /* [0]: classify_way */
	uint32_t way_count;
	uint8_t way_of[INSPECTS_MAX]; /* by inspect */
	struct inspector inspector;
	struct pool examinations;
};

/* How many flows can be examined at once, and how many of them can be with nDPI or have a
 * connection under reassembly (16 KB each) at the same time. */
struct examiner_limits {
	uint32_t examinations, contexts, streams;
};

/* nDPI is loaded here. False when memory cannot be had. */
bool examiner_begin(struct examiner *examiner, const struct ruleset *ruleset,
	struct flow_table *table, struct counters *counters, const struct examiner_limits *limits,
	bool guess_ports);
void examiner_end(struct examiner *examiner);

/* A new flow: takes an examination, or decides at once by what the header says (counted) when
 * none is free. */
void examine_begin(struct examiner *examiner, struct flow *flow);

/* One packet of a flow with FLOW_EXAMINED, already counted in it. May decide flow->rule. */
void examine_packet(struct examiner *examiner, struct flow *flow, const struct packet *packet,
	enum direction direction);

/* The flow ends: keeps what is known of its class and gives everything back. */
void examine_end(struct examiner *examiner, struct flow *flow);

#endif
