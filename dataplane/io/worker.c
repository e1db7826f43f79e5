/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/worker.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define MS_NS 1000000ull

enum {
	/* The whole table is searched for idle flows once in so many milliseconds. */
	SWEEP_MS = 4000,
	/* Idle for so long, a worker begins to sleep between polls: a sixteenth of the time that it
	 * has been idle, within these bounds. */
	PATIENCE_NS = 200 * 1000,
	NAP_MIN_NS = 20 * 1000,
	NAP_MAX_NS = 200 * 1000,
	/* The control thread looks so often whether it has been answered. */
	WAIT_NS = 20 * 1000,
};

struct worker {
	struct worker_options options;
	struct passage *passage;
	enum worker_phase phase;
	uint64_t epoch_ns, now_ns, swept_ns, busy_ns;
	struct worker_counters counters;

	/* What passes between the threads. */
	_Alignas(64) _Atomic(const struct worker_question *) question; /* control: wo, worker: ro */
	atomic_uint asked;                                             /* control: wo, worker: ro */
	_Alignas(64) atomic_uint answered;                             /* control: ro, worker: wo */
	atomic_bool drained, at_end, gone;                             /* control: ro, worker: wo */
};

struct worker *worker_new(const struct worker_options *options)
{
	struct worker *worker = aligned_alloc(64, sizeof(*worker));

	if (!worker)
		return NULL;
	memset(worker, 0, sizeof(*worker));
	worker->options = *options;
	worker->counters.flow_limit = options->flows;
	worker->counters.hold_limit = options->passage.hold;
	worker->passage = passage_new(&options->passage);
	if (worker->passage)
		return worker;
	worker_free(worker);
	return NULL;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	passage_free(worker->passage);
	free(worker);
}

/* Time of the packets at hand. Never backwards, whatever two cores read. */
static uint64_t read_time(struct worker *worker)
{
	struct tsc_line line = tsc_line(worker->options.clock);
	uint64_t now_ns = worker->epoch_ns + tsc_ns(&line, tsc_now());

	if (now_ns > worker->now_ns)
		worker->now_ns = now_ns;
	return worker->now_ns;
}

static unsigned move_packets(struct worker *worker)
{
	struct passage *passage = worker->passage;
	unsigned count = passage_release(passage, read_time(worker));

	if (worker->phase == WORKER_RUNS) {
		for (unsigned inlet = 0; inlet < passage_inlets(passage); inlet++)
			count += passage_receive(passage, inlet, read_time(worker));
	}
	count += passage_take_over(passage, worker->now_ns);
	return count + passage_send(passage);
}

static void sweep(struct worker *worker)
{
	uint32_t groups = worker->options.flows / 32 / SWEEP_MS + 1;

	if (worker->now_ns - worker->swept_ns < MS_NS)
		return;
	worker->swept_ns = worker->now_ns;
	pipeline_expire(worker->options.passage.pipeline, worker->now_ns, groups);
}

static void copy_counters(const struct counters *from, struct counters *to)
{
	memcpy(to->rules, from->rules, from->rule_count * sizeof(*from->rules));
	memcpy(to->ports, from->ports, from->port_count * sizeof(*from->ports));
	memcpy(to->events, from->events, sizeof(from->events));
}

static void answer(struct worker *worker, unsigned asked)
{
	const struct worker_question *question = atomic_load(&worker->question);
	struct pipeline *pipeline = worker->options.passage.pipeline;

	worker->phase = question->phase;
	if (question->ruleset && question->ruleset != worker->options.ruleset) {
		pipeline_adopt(pipeline, question->ruleset);
		worker->options.ruleset = question->ruleset;
	}
	if (question->counters)
		copy_counters(pipeline_counters(pipeline), question->counters);
	if (question->numbers) {
		passage_count(worker->passage, &worker->counters);
		*question->numbers = worker->counters;
	}
	atomic_store_explicit(&worker->answered, asked, memory_order_release);
}

static void answer_if_asked(struct worker *worker)
{
	unsigned asked = atomic_load_explicit(&worker->asked, memory_order_acquire);

	uint64_t begin, ticks;

	if (asked == atomic_load_explicit(&worker->answered, memory_order_relaxed))
		return;
	begin = tsc_now();
	answer(worker, asked);
	ticks = tsc_now() - begin;
	if (ticks > worker->counters.worst_answer_ticks)
		worker->counters.worst_answer_ticks = ticks;
}

static void keep_most(uint64_t *now, uint64_t *most, uint64_t value)
{
	*now = value;
	if (value > *most)
		*most = value;
}

static void account(struct worker *worker, uint64_t ticks, unsigned packets)
{
	struct worker_counters *counters = &worker->counters;
	const struct pipeline *pipeline = worker->options.passage.pipeline;

	counters->polls++;
	counters->all_ticks += ticks;
	if (ticks > counters->worst_loop_ticks && counters->polls > 1)
		counters->worst_loop_ticks = ticks;
	if (!packets)
		return;
	counters->busy_polls++;
	counters->busy_ticks += ticks;
	worker->busy_ns = worker->now_ns;
	keep_most(&counters->flows, &counters->flows_most, pipeline_flows(pipeline));
	keep_most(&counters->held, &counters->held_most, pipeline_held_now(pipeline));
}

static void tell(struct worker *worker, unsigned packets)
{
	bool drained =
		worker->phase == WORKER_DRAINS && !packets && passage_is_empty(worker->passage);

	atomic_store_explicit(&worker->drained, drained, memory_order_relaxed);
	atomic_store_explicit(
		&worker->at_end, passage_at_end(worker->passage), memory_order_relaxed);
}

static void nap(struct worker *worker)
{
	uint64_t idle_ns = worker->now_ns - worker->busy_ns;
	uint64_t nap_ns = idle_ns / 16, next_ns = passage_next_ns(worker->passage);
	struct timespec time = {0};

	if (!worker->options.adaptive || idle_ns < PATIENCE_NS)
		return;
	nap_ns = nap_ns < NAP_MIN_NS ? NAP_MIN_NS : nap_ns > NAP_MAX_NS ? NAP_MAX_NS : nap_ns;
	if (next_ns < worker->now_ns + 2 * nap_ns)
		return;
	time.tv_nsec = nap_ns;
	nanosleep(&time, NULL);
}

int worker_run(void *context)
{
	struct worker *worker = context;

	worker->epoch_ns = tsc_epoch_ns(worker->options.clock);
	/* So that naps end when they should, not up to 50 us later. */
	prctl(PR_SET_TIMERSLACK, 1000ul);
	while (worker->phase != WORKER_STOPS) {
		uint64_t begin = tsc_now();
		unsigned packets = move_packets(worker);

		sweep(worker);
		answer_if_asked(worker);
		tell(worker, packets);
		account(worker, tsc_now() - begin, packets);
		if (!packets)
			nap(worker);
	}
	passage_drop(worker->passage);
	pipeline_finish(worker->options.passage.pipeline);
	worker->counters.flows = worker->counters.held = 0;
	atomic_store_explicit(&worker->gone, true, memory_order_release);
	return 0;
}

/* The control thread's side */

void worker_ask(struct worker *worker, const struct worker_question *question)
{
	unsigned asked = atomic_load(&worker->asked) + 1;

	atomic_store(&worker->question, question);
	atomic_store_explicit(&worker->asked, asked, memory_order_release);
}

void worker_wait(struct worker *worker)
{
	struct timespec time = {.tv_nsec = WAIT_NS};

	while (atomic_load_explicit(&worker->answered, memory_order_acquire) !=
		atomic_load(&worker->asked)) {
		/* Nobody else touches a worker that has returned. */
		if (atomic_load_explicit(&worker->gone, memory_order_acquire))
			answer_if_asked(worker);
		else
			nanosleep(&time, NULL);
	}
}

bool worker_is_drained(const struct worker *worker)
{
	return atomic_load_explicit(&worker->drained, memory_order_relaxed);
}

bool worker_at_end(const struct worker *worker)
{
	return atomic_load_explicit(&worker->at_end, memory_order_relaxed);
}
