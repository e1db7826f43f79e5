/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/box.h"

#include "dataplane/io/buffers.h"
#include "dataplane/io/exchange.h"
#include "dataplane/io/kernel_side.h"
#include "dataplane/io/worker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
	DESCRIPTORS = 1024,        /* of a queue, each way */
	KERNEL_DESCRIPTORS = 4096, /* that AF_XDP keeps beside them */
	SPARE_BUFFERS = 4096,      /* in bursts, rings and caches */
	DEFAULT_MTU = 1500,
};

struct box {
	struct box_options options;
	struct tsc *clock;
	struct rte_mempool *pool;
	unsigned buffers;
	struct port ports[BOX_PORTS_MAX];
	unsigned opened;
	struct exchange *exchange;
	struct shared_states *shared;
	struct pipeline *pipelines[BOX_WORKERS_MAX];
	struct worker *workers[BOX_WORKERS_MAX];
	unsigned worker_count, running;
	const struct ruleset *ruleset;
	enum worker_phase phase;
	uint64_t buffers_free_least;
	struct {
		struct box *box;
		unsigned worker;
	} enders[BOX_WORKERS_MAX];
	char *said;
	size_t said_len;
};

/* What is worth telling */

static void say(struct box *box, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct box *box, const char *format, ...)
{
	char line[512];
	va_list arguments;
	size_t len;
	char *longer;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	strcat(line, "\n");
	len = strlen(line);
	longer = realloc(box->said, box->said_len + len + 1);
	if (!longer)
		return;
	memcpy(longer + box->said_len, line, len + 1);
	box->said = longer;
	box->said_len += len;
}

static char *take_said(struct box *box)
{
	char *said = box->said;

	box->said = NULL;
	box->said_len = 0;
	return said;
}

/* Opening */

static unsigned buffers_needed(const struct box_options *options)
{
	unsigned queues = options->port_count * options->eal.core_count;

	if (options->buffers)
		return options->buffers;
	return queues * (2 * DESCRIPTORS + KERNEL_DESCRIPTORS) + SPARE_BUFFERS + options->hold;
}

static bool begin_memory(struct box *box, struct trouble *trouble)
{
	struct eal_options eal = box->options.eal;
	unsigned mtu = box->options.mtu ? box->options.mtu : DEFAULT_MTU;
	const char *cards[BOX_PORTS_MAX];
	bool fell_back = false;

	box->buffers = buffers_needed(&box->options);
	if (!eal.memory_mb)
		eal.memory_mb = buffers_megabytes(box->buffers, mtu) + 64;
	eal.pci = cards;
	eal.pci_count = 0;
	for (unsigned i = 0; i < box->options.port_count; i++) {
		const char *rest;
		const struct port_kind *kind = port_parse(box->options.ports[i], &rest, trouble);

		if (!kind)
			return false;
		if (strcmp(kind->word, "pci") == 0)
			cards[eal.pci_count++] = rest;
	}
	if (!eal_begin(&eal, &fell_back, trouble))
		return false;
	if (fell_back)
		say(box,
			"no %u MB of free huge pages: ordinary memory is used, which is slower "
			"(echo %u > /proc/sys/vm/nr_hugepages)",
			eal.memory_mb, eal.memory_mb / 2 + 1);
	box->pool = buffers_new(box->buffers, mtu, eal.pci_count, trouble);
	return box->pool != NULL;
}

static bool open_ports(struct box *box, struct trouble *trouble)
{
	for (unsigned i = 0; i < box->options.port_count; i++) {
		struct port_options options = {
			.text = box->options.ports[i],
			.number = i,
			.queues = box->worker_count,
			.descriptors = DESCRIPTORS,
			.mtu = box->options.mtu,
			.promiscuous = true,
			.pool = box->pool,
		};
		struct port *port = &box->ports[i];

		box->opened = i + 1;
		if (!port_open(port, &options, trouble))
			return false;
		say(box, "port %u: %s, %s, MTU %u, %u queue%s, %s", i, port->text,
			i % 2 ? "outside" : "inside", port->mtu, port->rx_queues,
			port->rx_queues == 1 ? "" : "s", port->link_up ? "link up" : "no link");
	}
	return true;
}

static void flow_ended(void *context, const struct flow_ended *ended)
{
	typeof(((struct box *)0)->enders[0]) *ender = context;
	const struct box_options *options = &ender->box->options;

	if (options->ended)
		options->ended(options->context, ender->worker, ended);
}

static bool make_worker(struct box *box, unsigned i, uint64_t table_seed)
{
	const struct box_options *options = &box->options;
	struct pipeline_options pipeline = {
		.ruleset = options->ruleset,
		.shared = box->shared,
		.inside = options->inside,
		.scope = options->scope,
		.seed = options->seed,
		.table_seed = table_seed,
		.flows = options->flows / box->worker_count,
		.hold = options->hold / box->worker_count,
		.ports = options->port_count,
		.ended = flow_ended,
		.context = &box->enders[i],
	};
	struct worker_options worker = {
		.number = i,
		.workers = box->worker_count,
		.ports = box->ports,
		.port_count = options->port_count,
		.exchange = box->exchange,
		.clock = box->clock,
		.ruleset = options->ruleset,
		.inside = options->inside,
		.steering = options->steering,
		.flows = pipeline.flows,
		.hold = pipeline.hold,
		.adaptive = options->adaptive,
	};

	box->enders[i].box = box;
	box->enders[i].worker = i;
	box->pipelines[i] = pipeline_new(&pipeline);
	if (!box->pipelines[i])
		return false;
	worker.pipeline = box->pipelines[i];
	box->workers[i] = worker_new(&worker);
	return box->workers[i] != NULL;
}

static bool make_workers(struct box *box, struct trouble *trouble)
{
	uint64_t table_seed;

	if (getrandom(&table_seed, sizeof(table_seed), 0) < 0)
		table_seed = (uintptr_t)box;
	box->exchange =
		exchange_new(box->worker_count, box->ports, box->options.port_count, trouble);
	if (!box->exchange)
		return false;
	for (unsigned i = 0; i < box->worker_count; i++) {
		if (!make_worker(box, i, table_seed))
			return trouble_set(trouble, true,
				"out of memory for %u flows: try fewer (--flows)",
				box->options.flows);
	}
	return true;
}

static bool launch(struct box *box, struct trouble *trouble)
{
	for (unsigned i = 0; i < box->worker_count; i++) {
		if (!eal_launch(i, worker_run, box->workers[i]))
			return trouble_set(trouble, true, "worker %u does not start", i);
		box->running = i + 1;
	}
	return true;
}

static void say_kernel_side(struct box *box, unsigned i)
{
	char line[128];

	if (kernel_side_describe(&box->ports[i], line, sizeof(line)))
		say(box, "port %u: %s: %s", i, box->ports[i].text, line);
}

static bool begin_kernel_side(struct box *box, struct trouble *trouble)
{
	const struct box_options *options = &box->options;

	if (!kernel_side_begin(box->ports, options->port_count, options->scope_list,
		    options->scope_count, options->bypass, trouble))
		return false;
	for (unsigned i = 0; i < options->port_count; i++)
		say_kernel_side(box, i);
	return true;
}

static bool begin_clock(struct box *box, struct trouble *trouble)
{
	box->clock = tsc_new();
	return box->clock ||
	       trouble_set(trouble, true, "the processor's time stamp counter is not invariant");
}

struct box *box_new(const struct box_options *options, char **said, struct trouble *trouble)
{
	struct box *box = calloc(1, sizeof(*box));

	*said = NULL;
	if (!box) {
		trouble_set(trouble, true, "out of memory");
		return NULL;
	}
	box->options = *options;
	box->ruleset = options->ruleset;
	box->worker_count = options->eal.core_count;
	if (begin_clock(box, trouble) && begin_memory(box, trouble) && open_ports(box, trouble) &&
		make_workers(box, trouble) && launch(box, trouble) &&
		begin_kernel_side(box, trouble)) {
		*said = take_said(box);
		return box;
	}
	box_free(box);
	return NULL;
}

/* Asking workers */

static void pause_us(unsigned us)
{
	struct timespec time = {.tv_nsec = us * 1000l};

	nanosleep(&time, NULL);
}

static void ask_all(struct box *box, struct worker_question *questions)
{
	for (unsigned i = 0; i < box->running; i++) {
		questions[i].phase = box->phase;
		questions[i].ruleset = box->ruleset;
		worker_ask(box->workers[i], &questions[i]);
	}
	for (unsigned i = 0; i < box->running; i++) {
		while (!worker_has_answered(box->workers[i]))
			pause_us(20);
	}
}

void box_swap(struct box *box, const struct ruleset *ruleset)
{
	struct worker_question questions[BOX_WORKERS_MAX] = {0};

	box->ruleset = ruleset;
	ask_all(box, questions);
}

static void look_at_pool(struct box *box)
{
	uint64_t free = rte_mempool_avail_count(box->pool);

	if (free < box->buffers_free_least || !box->buffers_free_least)
		box->buffers_free_least = free;
}

bool box_counters(struct box *box, struct box_counters *counters)
{
	struct worker_question questions[BOX_WORKERS_MAX] = {0};
	struct counters parts[BOX_WORKERS_MAX] = {0};
	uint32_t rules = pipeline_counters(box->pipelines[0])->rule_count;
	bool good;

	memset(counters, 0, sizeof(*counters));
	good = counters_begin(&counters->sum, rules, box->options.port_count);
	for (unsigned i = 0; i < box->running; i++) {
		good = counters_begin(&parts[i], rules, box->options.port_count) && good;
		questions[i].counters = &parts[i];
		questions[i].numbers = &counters->workers[i];
	}
	if (good)
		ask_all(box, questions);
	for (unsigned i = 0; i < box->running; i++) {
		if (good)
			counters_add(&counters->sum, &parts[i]);
		counters_end(&parts[i]);
	}
	look_at_pool(box);
	counters->worker_count = box->running;
	counters->tsc_hz = tsc_hz(box->clock);
	counters->time_ns = tsc_epoch_ns(box->clock);
	for (unsigned i = 0; i < box->options.port_count; i++) {
		port_driver_counters(&box->ports[i], &counters->driver[i]);
		kernel_side_counters(&box->ports[i], counters->kernel[i]);
	}
	counters->buffers = box->buffers;
	counters->buffers_free = rte_mempool_avail_count(box->pool);
	counters->buffers_free_least = box->buffers_free_least;
	return good;
}

void box_counters_end(struct box_counters *counters)
{
	counters_end(&counters->sum);
}

/* Tending */

char *box_tend(struct box *box)
{
	tsc_refine(box->clock);
	look_at_pool(box);
	for (unsigned i = 0; i < box->options.port_count; i++) {
		struct port *port = &box->ports[i];

		if (port_poll_link(port))
			say(box, "port %u: %s: link %s", i, port->text,
				port->link_up ? "up" : "down");
		if (kernel_side_tend(port))
			say_kernel_side(box, i);
	}
	return take_said(box);
}

bool box_at_end(const struct box *box)
{
	for (unsigned i = 0; i < box->running; i++) {
		if (!worker_at_end(box->workers[i]))
			return false;
	}
	return true;
}

const struct tsc *box_clock(const struct box *box)
{
	return box->clock;
}

const struct pipeline *box_pipeline(const struct box *box)
{
	return box->pipelines[0];
}

/* Ending */

static void set_phase(struct box *box, enum worker_phase phase)
{
	struct worker_question questions[BOX_WORKERS_MAX] = {0};

	box->phase = phase;
	ask_all(box, questions);
}

static bool all_drained(const struct box *box)
{
	for (unsigned i = 0; i < box->running; i++) {
		if (!worker_is_drained(box->workers[i]))
			return false;
	}
	return true;
}

void box_stop(struct box *box, uint64_t drain_ns)
{
	uint64_t waited_ns = 0;

	if (box->phase == WORKER_STOPS)
		return;
	set_phase(box, WORKER_DRAINS);
	for (int seen = 0; seen < 2 && waited_ns < drain_ns; waited_ns += 1000000) {
		pause_us(1000);
		seen = all_drained(box) ? seen + 1 : 0;
	}
	set_phase(box, WORKER_STOPS);
	eal_wait();
}

void box_free(struct box *box)
{
	if (!box)
		return;
	if (box->running)
		box_stop(box, 0);
	for (unsigned i = 0; i < box->worker_count; i++) {
		worker_free(box->workers[i]);
		pipeline_free(box->pipelines[i]);
	}
	for (unsigned i = 0; i < box->opened; i++)
		port_close(&box->ports[i]);
	exchange_free(box->exchange);
	eal_end();
	tsc_free(box->clock);
	free(box->said);
	free(box);
}
