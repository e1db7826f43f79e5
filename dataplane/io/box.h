/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The live box: port pairs, workers, and the pipeline between them. The control plane opens it,
 * starts it, swaps its rules, reads its counters and stops it, all from one thread; it sees no DPDK
 * type.
 *
 * A worker owns one core, one pipeline (so one flow table), a queue of every port, and a wheel of
 * held packets. Packets of a flow that arrive at another worker's queue are handed over by rings.
 */
#ifndef SLUICE_LIVE_BOX_H
#define SLUICE_LIVE_BOX_H

#include "dataplane/io/port.h"
#include "dataplane/io/steering.h"
#include "dataplane/io/tsc.h"
#include "dataplane/io/worker_counters.h"
#include "dataplane/pipeline.h"
#include "dataplane/xdp/steer.h"

enum { BOX_PORTS_MAX = 16, BOX_WORKERS_MAX = 32 };

struct box_options {
	struct eal_options eal;
	const char *const *ports; /* A, B, A, B, …: even ones inside, odd ones outside */
	unsigned port_count;
	const struct ruleset *ruleset; /* owned by the caller, see box_swap() */
	const struct prefixes *inside, *scope;
	const struct prefix *scope_list; /* the same as `scope`, for the kernel program */
	size_t scope_count;
	uint64_t seed;
	uint32_t flows;   /* a box, all workers together */
	uint32_t hold;    /* packets held at once, all workers together */
	uint32_t buffers; /* packet buffers; 0: as ports, queues and hold need */
	unsigned mtu;     /* 0: 1500 */
	enum steering steering;
	bool adaptive; /* idle workers sleep a little instead of polling on */
	bool bypass;   /* flows that no rule will ever touch cross in the kernel (xdp ports) */
	/* As pipeline_options.ended, called by workers: must not wait. */
	void (*ended)(void *context, unsigned worker, const struct flow_ended *ended);
	void *context;
};

struct box;

/* Opens everything and starts the workers. `said` gets lines worth telling (link, MTU, steering,
 * fallbacks), newline-separated, the caller frees. NULL with *trouble set. */
struct box *box_new(const struct box_options *options, char **said, struct trouble *trouble);

/* `ruleset` comes from ruleset_succeed() over the one in force. It is in force when this returns;
 * no worker looks at the old one any more. */
void box_swap(struct box *box, const struct ruleset *ruleset);

struct box_counters {
	uint64_t time_ns;    /* of the snapshot, since the epoch */
	double tsc_hz;       /* ticks a second */
	struct counters sum; /* of all workers; closes: received = forwarded + held + dropped */
	unsigned worker_count;
	struct worker_counters workers[BOX_WORKERS_MAX];
	struct port_driver_counters driver[BOX_PORTS_MAX];
	/* xdp: ports: which way all frames went that came in, not only those that workers saw. */
	struct steer_counters kernel[BOX_PORTS_MAX];
	uint64_t buffers, buffers_free; /* packet pool */
	uint64_t buffers_free_least;    /* of all snapshots and tendings so far */
};

/* Every worker copies its numbers between two bursts. False when memory is gone. */
bool box_counters(struct box *box, struct box_counters *counters);
void box_counters_end(struct box_counters *counters);

/* Once a second or so: link states, clock, sweeps. Lines worth telling as in box_new(), or NULL. */
char *box_tend(struct box *box);

/* True when all inputs are captures that have been read to their end. */
bool box_at_end(const struct box *box);

const struct tsc *box_clock(const struct box *box);
const struct pipeline *box_pipeline(const struct box *box); /* for names of applications */

/* Stopping: first nothing more is received and what is held goes on leaving when it should; then
 * the rest is dropped by name and all flows end. box_stop() alone does both at once. Counters can
 * still be read afterwards. */
void box_drain(struct box *box);
bool box_is_drained(const struct box *box);
void box_stop(struct box *box);

void box_free(struct box *box); /* stops it, closes ports, restores interfaces */

#endif
