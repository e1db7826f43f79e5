/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The slow part of a flow's life: while it is young, its packets are examined to find out what it
 * is and which rule it falls under. One examination a flow, from a bounded pool; it ends when both
 * are known, and with it all cost.
 */
#ifndef SLUICE_EXAMINE_H
#define SLUICE_EXAMINE_H

#include "classifiers/classify.h"
#include "dataplane/connections.h"
#include "dataplane/counters.h"
#include "dataplane/flow.h"
#include "dataplane/hello_notes.h"
#include "dataplane/ruleset.h"
#include "dataplane/sightings.h"

/* Different ways to read a flow of TCP; of UDP there are no more than these. Number 0 is the one
 * for the record (classify_way, CLASSIFY_QUIC_WAY). */
enum { WAYS = (REASSEMBLY_FULL + 1) * (TLS_RECORDS_ALL + 1) };

/* What one shard's examinations share. */
struct examiner {
	const struct ruleset *ruleset;
	struct flow_table *table;
	struct counters *counters;
	struct dpi *dpi;
	bool guess_ports;
	uint64_t seed;   /* of what is drawn for flows */
	bool ndpi_alone; /* own parsers do not count for classes; set before examiner_begin() */
	uint8_t way_of[INSPECTS_MAX];      /* by index of the inspect: over TCP */
	uint8_t quic_way_of[INSPECTS_MAX]; /* and over UDP */
	struct connections connections;    /* likewise */
	bool fingerprints; /* all hellos get JA3 and JA4; set before examiner_begin() */
	struct inspector inspector;
	struct hello_notes hello_notes;
	struct sightings sightings;
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

/* From now on this ruleset is read for; flows under examination meet it by examine_again(). */
void examiner_adopt(struct examiner *examiner, const struct ruleset *ruleset);

/* A new flow: takes an examination, or decides at once by what the header says (counted) when
 * none is free. */
void examine_begin(struct examiner *examiner, struct flow *flow);

/* One packet of a flow with FLOW_EXAMINED, already counted in it. May decide flow->rule. */
void examine_packet(struct examiner *examiner, struct flow *flow, const struct packet *packet,
	enum direction direction);

/*
 * A flow that met an older ruleset last, by which other flows may have fallen under other rules.
 * Its examination, if there is one, goes on with the inspects that are still there, and begins with
 * new ones. Names count for the inspects that have read them; for those that were not there then,
 * the name in the record counts. flow->generation is still the older one.
 */
void examine_renew(struct examiner *examiner, struct flow *flow);

/* Decides such a flow anew, whatever it fell under, by what is known: header, class, names. While
 * it is under examination it may stay undecided. O(rules). */
void examine_again(struct examiner *examiner, struct flow *flow);

/* The flow ends: keeps what is known of its class and gives everything back. */
void examine_end(struct examiner *examiner, struct flow *flow);

#endif
