/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One worker: the loop that moves packets along their passage, on a core of its own, and the
 * questions that the control thread may put to it. It answers between two loops and never waits for
 * anybody.
 */
#ifndef SLUICE_WORKER_H
#define SLUICE_WORKER_H

#include "dataplane/io/passage.h"

enum worker_phase {
	WORKER_RUNS,
	WORKER_DRAINS, /* receives nothing more, sends what it has */
	WORKER_STOPS,  /* drops the rest by name, ends all flows, returns */
};

struct worker_options {
	struct passage_options passage;
	const struct tsc *clock;
	const struct ruleset *ruleset; /* that the pipeline has */
	uint32_t flows;                /* the pipeline's limit */
	bool adaptive;                 /* sleeps a little when idle */
};

struct worker;

struct worker *worker_new(const struct worker_options *options); /* NULL: out of memory */
void worker_free(struct worker *worker);

/* For eal_launch(); context is the worker. */
int worker_run(void *context);

struct worker_question {
	enum worker_phase phase;
	const struct ruleset *ruleset;   /* to adopt, when it is another one */
	struct counters *counters;       /* where to copy them, of the right shape, or NULL */
	struct worker_counters *numbers; /* likewise */
};

/* The question must live until worker_wait() returns; questions to several workers may overlap. */
void worker_ask(struct worker *worker, const struct worker_question *question);
void worker_wait(struct worker *worker);

/* As last seen. */
bool worker_is_drained(const struct worker *worker); /* nothing left to send */
bool worker_at_end(const struct worker *worker);     /* see passage_at_end() */

#endif
