/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One worker: receives bursts, hands over what belongs to another worker, runs its pipeline, sends,
 * holds and drops. It runs to completion on its core and never waits for anybody.
 *
 * The control thread asks a worker by worker_ask(); the worker answers between two loops.
 */
#ifndef SLUICE_WORKER_H
#define SLUICE_WORKER_H

#include "dataplane/io/box.h"
#include "dataplane/io/exchange.h"

enum worker_phase {
	WORKER_RUNS,
	WORKER_DRAINS, /* receives nothing more, sends what it has */
	WORKER_STOPS,  /* drops the rest by name and returns */
};

struct worker_options {
	unsigned number, workers;
	const struct port *ports;
	unsigned port_count;
	const struct exchange *exchange;
	const struct tsc *clock;
	const struct ruleset *ruleset;
	struct pipeline *pipeline; /* stays the caller's */
	const struct prefixes *inside;
	enum steering steering;
	uint32_t flows, hold; /* the pipeline's limits */
	bool steered;         /* cards already bring both directions of a flow together */
	bool adaptive;
};

struct worker;

struct worker *worker_new(const struct worker_options *options); /* NULL: out of memory */
void worker_free(struct worker *worker);

/* For eal_launch(); context is the worker. */
int worker_run(void *context);

/* What the control thread may want; what is NULL or unchanged is left alone. */
struct worker_question {
	enum worker_phase phase;
	const struct ruleset *ruleset;
	struct counters *counters;       /* where to copy them; of the right shape */
	struct worker_counters *numbers; /* likewise */
};

/* The question must live until worker_has_answered(). */
void worker_ask(struct worker *worker, const struct worker_question *question);
bool worker_has_answered(const struct worker *worker);

bool worker_is_drained(const struct worker *worker); /* nothing left to send, as last seen */
bool worker_is_gone(const struct worker *worker);    /* worker_run() has returned */

/* True when every input of this worker has come to its end. */
bool worker_at_end(const struct worker *worker);

#endif
