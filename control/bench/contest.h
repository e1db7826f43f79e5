/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `sluice bench` measures: a contest is one number under several settings, taken of ours and
 * of its peers in turns, with targets. A row of contests[] a contest, one file a few rows.
 */
#ifndef SLUICE_CONTEST_H
#define SLUICE_CONTEST_H

#include "control/failure.h"

#include <stdbool.h>
#include <stdint.h>

enum flow_order { ORDER_UNIFORM, ORDER_ZIPF, ORDER_ROUND_ROBIN };

struct corpus;

/* What a contender is given; a contest reads what concerns it. */
struct setting {
	const char *label; /* NULL ends a list */
	uint32_t flows;    /* or entries, buckets, names */
	uint8_t order;     /* enum flow_order */
	uint8_t ip_version;
	bool vlan;
	bool slow;                   /* left out of the quick form */
	uint64_t rate;               /* bit/s */
	uint8_t group;               /* which flows of the corpus */
	const struct corpus *corpus; /* set by who runs it, where the contest wants one */
};

struct contender {
	const char *name;
	/* What trial() and end() get; NULL with *failure set. */
	void *(*begin)(const struct setting *setting, struct failure *failure);
	double (*trial)(void *state); /* one value, in about a quarter of a second */
	void (*end)(void *state);
};

/* What must hold of the medians. */
struct target {
	const char *setting; /* label; NULL: of each */
	const char *beside;  /* a contender: its value over ours, or ours over its where more is
				better, is at least `bound`; NULL: ours itself is no worse than it */
	double bound;
};

enum { CONTENDERS_MAX = 5 };

struct contest {
	const char *id; /* in the README's table: "B2" */
	const char *title, *unit;
	bool more_is_better;
	bool wants_corpus;    /* of captures that the user names */
	bool in_virtual_time; /* the same on every machine: once is enough */
	const struct setting *settings;
	struct contender contenders[CONTENDERS_MAX]; /* ours first; ends with a NULL name */
	const struct target *targets;                /* ends with a bound of 0 */
	const char *note;                            /* what a reader must know; NULL */
};

extern const struct contest *const contests[]; /* ends with NULL */

extern const struct contest contest_bucket_error, contest_bucket_cost, contest_classifier,
	contest_flow_lookup, contest_flow_insert, contest_hold, contest_pipeline;

#endif
