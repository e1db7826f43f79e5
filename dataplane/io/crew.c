/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/crew.h"

#include "dataplane/io/worker.h"

#include <stdlib.h>
#include <sys/random.h>

/* Who is told of the flows that a worker ends. */
struct ender {
	const struct box_options *options;
	unsigned worker;
};

struct crew {
	struct box_options options;
	struct exchange *exchange;
	struct shared_states *shared;
	unsigned count, launched;
	struct pipeline *pipelines[BOX_WORKERS_MAX];
	struct worker *workers[BOX_WORKERS_MAX];
	struct offers *offers[BOX_WORKERS_MAX];
	struct ender enders[BOX_WORKERS_MAX];
	const struct ruleset *ruleset; /* in force, or about to be */
	enum worker_phase phase;
};

/* Making */

static void flow_ended(void *context, const struct flow_ended *ended)
{
	const struct ender *ender = context;

	if (ender->options->ended)
		ender->options->ended(ender->options->context, ender->worker, ended);
}

static struct pipeline *make_pipeline(struct crew *crew, unsigned number, uint64_t table_seed)
{
	const struct box_options *options = &crew->options;
	struct pipeline_options of = {
		.ruleset = options->ruleset,
		.shared = crew->shared,
		.inside = options->inside,
		.scope = options->scope,
		.seed = options->seed,
		.table_seed = table_seed,
		.flows = options->flows / crew->count,
		.hold = options->hold / crew->count,
		.ports = options->port_count,
		.ended = flow_ended,
		.context = &crew->enders[number],
	};

	crew->enders[number] = (struct ender){options, number};
	return pipeline_new(&of);
}

static bool make_worker(struct crew *crew, unsigned number, const struct worker_options *common,
	uint64_t table_seed)
{
	struct worker_options of = *common;

	crew->pipelines[number] = make_pipeline(crew, number, table_seed);
	if (crew->options.bypass)
		crew->offers[number] = offers_new();
	if (!crew->pipelines[number] || crew->options.bypass != !!crew->offers[number])
		return false;
	of.passage.offers = crew->offers[number];
	of.passage.number = number;
	of.passage.pipeline = crew->pipelines[number];
	crew->workers[number] = worker_new(&of);
	return crew->workers[number] != NULL;
}

static bool make_workers(
	struct crew *crew, const struct worker_options *common, struct trouble *trouble)
{
	uint64_t table_seed;

	if (getrandom(&table_seed, sizeof(table_seed), 0) < 0)
		table_seed = (uintptr_t)crew;
	for (unsigned number = 0; number < crew->count; number++) {
		if (!make_worker(crew, number, common, table_seed))
			return trouble_set(trouble, true,
				"out of memory for %u flows: try fewer (--flows)",
				crew->options.flows);
	}
	return true;
}

static bool launch(struct crew *crew, struct trouble *trouble)
{
	for (unsigned number = 0; number < crew->count; number++) {
		if (!eal_launch(number, worker_run, crew->workers[number]))
			return trouble_set(trouble, true, "worker %u does not start", number);
		crew->launched++;
	}
	return true;
}

/* One worker keeps what rules as a whole remember to itself. */
static bool share_states(struct crew *crew, struct trouble *trouble)
{
	if (crew->count == 1)
		return true;
	crew->shared = shared_states_new(true);
	return crew->shared || trouble_set(trouble, true, "out of memory");
}

struct crew *crew_new(const struct box_options *options, const struct port *ports,
	const struct tsc *clock, bool steered, struct trouble *trouble)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	unsigned count = options->eal.core_count;
	struct worker_options common = {
		.passage = {.workers = count,
			.ports = ports,
			.port_count = options->port_count,
			.inside = options->inside,
			.steering = options->steering,
			.hold = options->hold / count,
			.steered = steered},
		.clock = clock,
		.ruleset = options->ruleset,
		.flows = options->flows / count,
		.adaptive = options->adaptive,
	};

	if (!crew) {
		trouble_set(trouble, true, "out of memory");
		return NULL;
	}
	crew->options = *options;
	crew->count = count;
	crew->ruleset = options->ruleset;
	crew->exchange = exchange_new(count, ports, options->port_count, trouble);
	common.passage.exchange = crew->exchange;
	if (crew->exchange && share_states(crew, trouble) && make_workers(crew, &common, trouble) &&
		launch(crew, trouble))
		return crew;
	crew_free(crew);
	return NULL;
}

void crew_free(struct crew *crew)
{
	if (!crew)
		return;
	crew_stop(crew);
	for (unsigned number = 0; number < crew->count; number++) {
		worker_free(crew->workers[number]);
		pipeline_free(crew->pipelines[number]);
		offers_free(crew->offers[number]);
	}
	shared_states_free(crew->shared);
	exchange_free(crew->exchange);
	free(crew);
}

/* Asking */

static void ask(struct crew *crew, struct worker_question *questions)
{
	for (unsigned number = 0; number < crew->launched; number++) {
		questions[number].phase = crew->phase;
		questions[number].ruleset = crew->ruleset;
		worker_ask(crew->workers[number], &questions[number]);
	}
	for (unsigned number = 0; number < crew->launched; number++)
		worker_wait(crew->workers[number]);
}

static void set_phase(struct crew *crew, enum worker_phase phase)
{
	struct worker_question questions[BOX_WORKERS_MAX] = {0};

	crew->phase = phase;
	ask(crew, questions);
}

void crew_swap(struct crew *crew, const struct ruleset *ruleset)
{
	struct worker_question questions[BOX_WORKERS_MAX] = {0};

	if (crew->shared)
		shared_states_renew(crew->shared, ruleset, crew->ruleset->generation);
	crew->ruleset = ruleset;
	ask(crew, questions);
}

static bool make_room(struct crew *crew, struct counters *parts, struct box_counters *counters,
	struct worker_question *questions)
{
	uint32_t rules = pipeline_counters(crew->pipelines[0])->rule_count;
	bool good = counters_begin(&counters->sum, rules, crew->options.port_count);

	for (unsigned number = 0; number < crew->count; number++) {
		good = counters_begin(&parts[number], rules, crew->options.port_count) && good;
		questions[number].counters = &parts[number];
		questions[number].numbers = &counters->workers[number];
	}
	return good;
}

bool crew_counters(struct crew *crew, struct box_counters *counters)
{
	struct worker_question questions[BOX_WORKERS_MAX] = {0};
	struct counters parts[BOX_WORKERS_MAX] = {0};
	bool good = make_room(crew, parts, counters, questions);

	if (good)
		ask(crew, questions);
	counters->worker_count = crew->count;
	for (unsigned number = 0; number < crew->count; number++) {
		if (good)
			counters_add(&counters->sum, &parts[number]);
		counters_end(&parts[number]);
	}
	return good;
}

bool crew_take_offer(struct crew *crew, struct offer *offer)
{
	for (unsigned number = 0; number < crew->launched; number++) {
		if (crew->offers[number] && offers_take(crew->offers[number], offer))
			return true;
	}
	return false;
}

/* Ending */

void crew_drain(struct crew *crew)
{
	if (crew->phase == WORKER_RUNS)
		set_phase(crew, WORKER_DRAINS);
}

bool crew_is_drained(const struct crew *crew)
{
	for (unsigned number = 0; number < crew->launched; number++) {
		if (!worker_is_drained(crew->workers[number]))
			return false;
	}
	return true;
}

void crew_stop(struct crew *crew)
{
	if (crew->phase == WORKER_STOPS)
		return;
	/* All stop receiving first, so that what is dropped at the end is not handed over again. */
	crew_drain(crew);
	set_phase(crew, WORKER_STOPS);
	eal_wait();
}

bool crew_at_end(const struct crew *crew)
{
	for (unsigned number = 0; number < crew->count; number++) {
		if (!worker_at_end(crew->workers[number]))
			return false;
	}
	return true;
}

const struct pipeline *crew_pipeline(const struct crew *crew)
{
	return crew->pipelines[0];
}
