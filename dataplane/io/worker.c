/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/worker.h"

#include "dataplane/io/buffers.h"
#include "dataplane/io/outlet.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum {
	INLETS_MAX = 256,
	RELAYS_MAX = BOX_PORTS_MAX * BOX_WORKERS_MAX,
	/* A packet in several buffers is read from a copy of its beginning. */
	CONTIGUOUS_BYTES = 16384,
	/* An input that gave nothing so many times in a row has come to its end. */
	END_POLLS = 1000,
	/* Idle flows of the whole table are looked for once in so many milliseconds. */
	SWEEP_MS = 4000,
	/* Idle for so long, a worker sleeps between polls, and so long. */
	PATIENCE_NS = 200 * 1000,
	NAP_MIN_NS = 20 * 1000,
	NAP_MAX_NS = 200 * 1000,
};

#define MS 1000000ull

/* A queue that this worker polls. */
struct inlet {
	uint16_t port, queue; /* index of box_options.ports */
	uint16_t id;          /* of DPDK */
	bool ends;
	uint32_t empty_polls; /* in a row, saturated */
};

struct worker {
	struct worker_options options;
	uint64_t epoch_ns;

	struct inlet inlets[INLETS_MAX];
	unsigned inlet_count;
	struct outlet outlets[BOX_PORTS_MAX];
	struct relay relays[RELAYS_MAX];
	unsigned relay_count;

	uint64_t now_ns, swept_ns, busy_ns, index;
	struct worker_counters counters;
	struct packet packets[BURST];
	struct verdict verdicts[BURST];
	const struct packet *packet_at[BURST];
	struct verdict *verdict_at[BURST];
	uint8_t *contiguous;

	/* What passes between the threads. */
	_Alignas(64) _Atomic(const struct worker_question *) question; /* control: wo, worker: ro */
	atomic_uint asked;                                             /* control: wo, worker: ro */
	_Alignas(64) atomic_uint answered;                             /* control: ro, worker: wo */
	atomic_bool drained, at_end, gone;                             /* control: ro, worker: wo */
	enum worker_phase phase;
};

/* Making */

static void plan_inlets(struct worker *worker)
{
	const struct worker_options *options = &worker->options;

	for (unsigned p = 0; p < options->port_count; p++) {
		const struct port *port = &options->ports[p];

		for (unsigned queue = options->number; queue < port->rx_queues;
			queue += options->workers) {
			if (worker->inlet_count == INLETS_MAX)
				return;
			worker->inlets[worker->inlet_count++] = (struct inlet){.port = p,
				.queue = queue,
				.id = port->id,
				.ends = port->kind->ends};
		}
	}
}

static void plan_outlets(struct worker *worker)
{
	const struct worker_options *options = &worker->options;

	for (unsigned p = 0; p < options->port_count; p++) {
		const struct port *port = &options->ports[p];
		struct outlet *outlet = &worker->outlets[p];

		outlet->port = port;
		outlet->queue = exchange_sender(port, options->number);
		outlet->pipeline = options->pipeline;
		outlet->ring = exchange_departures(options->exchange, options->number, p);
		for (unsigned from = 0; from < options->workers; from++) {
			if (from == options->number ||
				exchange_sender(port, from) != options->number)
				continue;
			worker->relays[worker->relay_count++] = (struct relay){
				.port = port,
				.queue = options->number,
				.ring = exchange_departures(options->exchange, from, p),
			};
		}
	}
}

struct worker *worker_new(const struct worker_options *options)
{
	struct worker *worker = aligned_alloc(64, (sizeof(*worker) + 63) / 64 * 64);

	if (!worker)
		return NULL;
	memset(worker, 0, sizeof(*worker));
	worker->options = *options;
	worker->contiguous = malloc((size_t)BURST * CONTIGUOUS_BYTES);
	worker->counters.flow_limit = options->flows;
	worker->counters.hold_limit = options->hold;
	for (unsigned i = 0; i < BURST; i++) {
		worker->packet_at[i] = &worker->packets[i];
		worker->verdict_at[i] = &worker->verdicts[i];
	}
	plan_inlets(worker);
	plan_outlets(worker);
	if (worker->contiguous)
		return worker;
	worker_free(worker);
	return NULL;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	free(worker->contiguous);
	free(worker);
}

/* A packet's way */

static void set_time(struct worker *worker, uint64_t tick)
{
	struct tsc_line line = tsc_line(worker->options.clock);
	uint64_t now_ns = worker->epoch_ns + tsc_ns(&line, tick);

	if (now_ns > worker->now_ns)
		worker->now_ns = now_ns;
}

static void parse(struct worker *worker, struct rte_mbuf *buffer, unsigned i)
{
	struct packet *packet = &worker->packets[i];
	uint32_t length = rte_pktmbuf_pkt_len(buffer);
	uint32_t captured = rte_pktmbuf_data_len(buffer);
	const uint8_t *frame = rte_pktmbuf_mtod(buffer, const uint8_t *);

	if (unlikely(buffer->nb_segs > 1)) {
		captured = length < CONTIGUOUS_BYTES ? length : CONTIGUOUS_BYTES;
		frame = rte_pktmbuf_read(
			buffer, 0, captured, worker->contiguous + (size_t)i * CONTIGUOUS_BYTES);
	}
	packet_parse(packet, LINK_ETHERNET, frame, captured, length);
	packet->port = buffer->port;
	packet->time_ns = worker->now_ns;
}

static void put(struct worker *worker, struct rte_mbuf *buffer)
{
	outlet_put(&worker->outlets[buffer->port ^ 1], buffer);
}

static void dispatch(struct worker *worker, struct rte_mbuf *buffer, unsigned i)
{
	const struct verdict *verdict = &worker->verdicts[i];

	if (verdict->fate == FATE_DROP) {
		rte_pktmbuf_free(buffer);
		return;
	}
	*buffer_held(buffer) =
		pipeline_held(worker->options.pipeline, &worker->packets[i], verdict);
	put(worker, buffer);
}

/* Packets [0, count) are parsed; the numbers of flows count over all workers. */
static void treat(struct worker *worker, struct rte_mbuf *const buffers[], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		worker->packets[i].index =
			worker->index++ * worker->options.workers + worker->options.number + 1;
	}
	pipeline_burst(worker->options.pipeline, worker->packet_at, worker->verdict_at, count);
	for (unsigned i = 0; i < count; i++)
		dispatch(worker, buffers[i], i);
}

/* Sends away what belongs to others; how many are left, at the front. */
static unsigned hand_over(struct worker *worker, struct rte_mbuf *buffers[], unsigned count)
{
	const struct worker_options *options = &worker->options;
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned owner = steer(options->steering, options->inside, &worker->packets[i],
			options->workers, options->number);

		if (owner == options->number) {
			worker->packets[kept] = worker->packets[i];
			buffers[kept++] = buffers[i];
			continue;
		}
		if (rte_ring_sp_enqueue(
			    exchange_arrivals(options->exchange, options->number, owner),
			    buffers[i]) == 0) {
			worker->counters.handed_over++;
			continue;
		}
		pipeline_turn_away(options->pipeline, &worker->packets[i], DROP_HAND_OVER_FULL);
		rte_pktmbuf_free(buffers[i]);
	}
	return kept;
}

static void parse_all(struct worker *worker, struct rte_mbuf *const buffers[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(buffers[i], const void *));
	for (unsigned i = 0; i < count; i++)
		parse(worker, buffers[i], i);
}

static void count_burst(struct worker *worker, unsigned count)
{
	static const uint8_t bins[BURST + 1] = {[0 ... 1] = 0,
		[2 ... 4] = 1,
		[5 ... 8] = 2,
		[9 ... 16] = 3,
		[17 ... 31] = 4,
		[32] = 5};

	worker->counters.bursts[bins[count]]++;
}

/* Cards that take VLAN tags off whether asked or not. */
static void restore_tag(struct rte_mbuf **buffer)
{
	if (unlikely((*buffer)->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED))
		rte_vlan_insert(buffer);
}

static unsigned receive_from(struct worker *worker, struct inlet *inlet)
{
	struct rte_mbuf *buffers[BURST];
	unsigned count = rte_eth_rx_burst(inlet->id, inlet->queue, buffers, BURST);

	if (!count) {
		inlet->empty_polls += inlet->empty_polls < END_POLLS;
		return 0;
	}
	inlet->empty_polls = 0;
	set_time(worker, tsc_now());
	count_burst(worker, count);
	for (unsigned i = 0; i < count; i++) {
		restore_tag(&buffers[i]);
		buffers[i]->port = inlet->port;
	}
	parse_all(worker, buffers, count);
	if (worker->options.workers > 1 && !worker->options.steered)
		treat(worker, buffers, hand_over(worker, buffers, count));
	else
		treat(worker, buffers, count);
	return count;
}

static unsigned receive(struct worker *worker)
{
	unsigned count = 0;

	for (unsigned i = 0; i < worker->inlet_count; i++)
		count += receive_from(worker, &worker->inlets[i]);
	return count;
}

static unsigned take_over(struct worker *worker)
{
	const struct worker_options *options = &worker->options;
	struct rte_mbuf *buffers[BURST];
	unsigned total = 0;

	for (unsigned from = 0; from < options->workers; from++) {
		unsigned count;

		if (from == options->number)
			continue;
		count = rte_ring_sc_dequeue_burst(
			exchange_arrivals(options->exchange, from, options->number),
			(void **)buffers, BURST, NULL);
		if (!count)
			continue;
		set_time(worker, tsc_now());
		parse_all(worker, buffers, count);
		treat(worker, buffers, count);
		total += count;
	}
	worker->counters.taken_over += total;
	return total;
}

static unsigned send_out(struct worker *worker)
{
	unsigned sent = 0;

	for (unsigned port = 0; port < worker->options.port_count; port++)
		outlet_flush(&worker->outlets[port]);
	for (unsigned i = 0; i < worker->relay_count; i++)
		sent += relay_send(&worker->relays[i]);
	return sent;
}

/* The loop */

static bool nothing_to_send(const struct worker *worker)
{
	for (unsigned i = 0; i < worker->relay_count; i++) {
		if (!relay_is_empty(&worker->relays[i]))
			return false;
	}
	return pipeline_held_now(worker->options.pipeline) == 0;
}

static bool inputs_at_end(const struct worker *worker)
{
	for (unsigned i = 0; i < worker->inlet_count; i++) {
		if (!worker->inlets[i].ends || worker->inlets[i].empty_polls < END_POLLS)
			return false;
	}
	return true;
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
	struct pipeline *pipeline = worker->options.pipeline;

	worker->phase = question->phase;
	if (question->ruleset && question->ruleset != worker->options.ruleset) {
		worker->options.ruleset = question->ruleset;
	}
	if (question->counters)
		copy_counters(pipeline_counters(pipeline), question->counters);
	if (question->numbers)
		*question->numbers = worker->counters;
	atomic_store_explicit(&worker->answered, asked, memory_order_release);
}

static void sweep(struct worker *worker)
{
	uint32_t groups = worker->options.flows / 32 / SWEEP_MS + 1;

	if (worker->now_ns - worker->swept_ns < MS)
		return;
	worker->swept_ns = worker->now_ns;
	pipeline_expire(worker->options.pipeline, worker->now_ns, groups);
}

static void count_most(uint64_t *now, uint64_t *most, uint64_t value)
{
	*now = value;
	if (value > *most)
		*most = value;
}

static void account(struct worker *worker, uint64_t begin, unsigned packets)
{
	struct worker_counters *counters = &worker->counters;
	uint64_t ticks = tsc_now() - begin;

	counters->polls++;
	counters->all_ticks += ticks;
	if (ticks > counters->worst_loop_ticks)
		counters->worst_loop_ticks = ticks;
	if (!packets)
		return;
	counters->busy_polls++;
	counters->busy_ticks += ticks;
	worker->busy_ns = worker->now_ns;
	count_most(
		&counters->flows, &counters->flows_most, pipeline_flows(worker->options.pipeline));
	count_most(
		&counters->held, &counters->held_most, pipeline_held_now(worker->options.pipeline));
}

static void nap(struct worker *worker)
{
	uint64_t idle_ns = worker->now_ns - worker->busy_ns;
	uint64_t nap_ns = idle_ns / 16;
	struct timespec time = {0};

	if (!worker->options.adaptive || idle_ns < PATIENCE_NS)
		return;
	time.tv_nsec = nap_ns < NAP_MIN_NS ? NAP_MIN_NS : nap_ns > NAP_MAX_NS ? NAP_MAX_NS : nap_ns;
	nanosleep(&time, NULL);
}

static void end(struct worker *worker)
{
	pipeline_finish(worker->options.pipeline);
	worker->counters.flows = 0;
	atomic_store(&worker->drained, true);
	atomic_store_explicit(&worker->gone, true, memory_order_release);
}

int worker_run(void *context)
{
	struct worker *worker = context;

	worker->epoch_ns = tsc_epoch_ns(worker->options.clock);
	/* Naps end when they should, not up to 50 us later. */
	prctl(PR_SET_TIMERSLACK, 1000ul);
	while (worker->phase != WORKER_STOPS) {
		uint64_t begin = tsc_now();
		unsigned asked = atomic_load_explicit(&worker->asked, memory_order_acquire);
		unsigned count;

		set_time(worker, begin);
		count = worker->phase == WORKER_RUNS ? receive(worker) : 0;
		count += take_over(worker);
		count += send_out(worker);
		sweep(worker);
		if (asked != atomic_load_explicit(&worker->answered, memory_order_relaxed))
			answer(worker, asked);
		atomic_store_explicit(&worker->drained,
			worker->phase == WORKER_DRAINS && !count && nothing_to_send(worker),
			memory_order_relaxed);
		atomic_store_explicit(&worker->at_end, inputs_at_end(worker), memory_order_relaxed);
		account(worker, begin, count);
		if (!count)
			nap(worker);
	}
	end(worker);
	return 0;
}

/* The control thread's side */

void worker_ask(struct worker *worker, const struct worker_question *question)
{
	unsigned asked = atomic_load(&worker->asked) + 1;

	atomic_store(&worker->question, question);
	atomic_store_explicit(&worker->asked, asked, memory_order_release);
	if (worker_is_gone(worker))
		answer(worker, asked);
}

bool worker_has_answered(const struct worker *worker)
{
	return atomic_load_explicit(&worker->answered, memory_order_acquire) ==
	       atomic_load(&worker->asked);
}

bool worker_is_drained(const struct worker *worker)
{
	return atomic_load(&worker->drained);
}

bool worker_is_gone(const struct worker *worker)
{
	return atomic_load_explicit(&worker->gone, memory_order_acquire);
}

bool worker_at_end(const struct worker *worker)
{
	return atomic_load(&worker->at_end);
}
