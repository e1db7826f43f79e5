/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/passage.h"

#include "dataplane/io/answers.h"
#include "dataplane/io/buffers.h"
#include "dataplane/io/handover.h"
#include "dataplane/io/inlet.h"
#include "dataplane/io/outlet.h"
#include "dataplane/io/reading.h"
#include "dataplane/wheel.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>
#include <stdlib.h>
#include <string.h>

enum {
	INLETS_MAX = 256,
	RELAYS_MAX = BOX_PORTS_MAX * BOX_WORKERS_MAX,
	/* Held packets that are sent in one loop: the next loop goes on. */
	RELEASES_MAX = 4 * BURST,
};

struct passage {
	struct passage_options options;
	struct inlet inlets[INLETS_MAX];
	unsigned inlet_count;
	struct outlet outlets[BOX_PORTS_MAX];
	struct relay relays[RELAYS_MAX];
	unsigned relay_count;
	struct wheel *wheel;
	uint64_t index; /* packets judged so far */
	uint64_t bursts[6], handed_over, taken_over;
	struct handover handover;
	struct packet packets[BURST];
	struct verdict verdicts[BURST];
	const struct packet *packet_at[BURST];
	struct verdict *verdict_at[BURST];
	uint8_t *contiguous;
};

/* Making */

static void plan_relays(struct passage *passage, unsigned p)
{
	const struct passage_options *options = &passage->options;
	const struct port *port = &options->ports[p];

	for (unsigned from = 0; from < options->workers; from++) {
		if (from == options->number || exchange_sender(port, from) != options->number)
			continue;
		passage->relays[passage->relay_count++] = (struct relay){
			.port = port,
			.queue = options->number,
			.ring = exchange_departures(options->exchange, from, p),
		};
	}
}

static void plan_outlets(struct passage *passage)
{
	const struct passage_options *options = &passage->options;

	for (unsigned p = 0; p < options->port_count; p++) {
		passage->outlets[p] = (struct outlet){
			.port = &options->ports[p],
			.queue = exchange_sender(&options->ports[p], options->number),
			.ring = exchange_departures(options->exchange, options->number, p),
			.pipeline = options->pipeline,
		};
		plan_relays(passage, p);
	}
}

struct passage *passage_new(const struct passage_options *options)
{
	struct passage *passage = calloc(1, sizeof(*passage));

	if (!passage)
		return NULL;
	passage->options = *options;
	passage->handover.exchange = options->exchange;
	passage->handover.number = options->number;
	passage->handover.workers = options->workers;
	passage->contiguous = malloc((size_t)BURST * READING_BYTES);
	passage->wheel = wheel_new(options->hold);
	for (unsigned i = 0; i < BURST; i++) {
		passage->packet_at[i] = &passage->packets[i];
		passage->verdict_at[i] = &passage->verdicts[i];
	}
	passage->inlet_count = inlets_plan(passage->inlets, INLETS_MAX, options->ports,
		options->port_count, options->number, options->workers);
	plan_outlets(passage);
	if (passage->contiguous && passage->wheel)
		return passage;
	passage_free(passage);
	return NULL;
}

void passage_free(struct passage *passage)
{
	if (!passage)
		return;
	wheel_free(passage->wheel);
	free(passage->contiguous);
	free(passage);
}

/* Judging */

static void parse(struct passage *passage, struct rte_mbuf *buffer, unsigned i, uint64_t now_ns)
{
	struct packet *packet = &passage->packets[i];

	reading_parse(packet, buffer, passage->contiguous + (size_t)i * READING_BYTES);
	packet->time_ns = now_ns;
}

static void parse_all(
	struct passage *passage, struct rte_mbuf *const buffers[], unsigned count, uint64_t now_ns)
{
	for (unsigned i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(buffers[i], const void *));
	for (unsigned i = 0; i < count; i++)
		parse(passage, buffers[i], i, now_ns);
}

/* Ports are pairs: what comes in by one leaves by the other. */
static void put(struct passage *passage, struct rte_mbuf *buffer, const struct held *held)
{
	*buffer_held(buffer) = *held;
	outlet_put(&passage->outlets[held->port ^ 1], buffer);
}

static void hold(struct passage *passage, struct rte_mbuf *buffer, const struct held *held,
	uint64_t leaves_ns)
{
	if (wheel_push(passage->wheel, leaves_ns, (uintptr_t)buffer, *held))
		return;
	pipeline_release(passage->options.pipeline, held, DROP_HOLD_FULL);
	rte_pktmbuf_free(buffer);
}

/* What the box makes in answer to packet i, now or later; those for which there was no buffer are
 * not sent. */
static void set_out(
	struct passage *passage, struct rte_mbuf *const made[], unsigned count, unsigned i)
{
	static const struct held none = {.counted = HELD_MADE};
	const struct verdict *verdict = &passage->verdicts[i];
	uint64_t leaves_ns = verdict->leaves_ns + verdict->reset->delay_ns;

	for (unsigned n = 0; n < count; n++) {
		struct held held = *buffer_held(made[n]);

		if (leaves_ns > passage->packets[i].time_ns)
			hold(passage, made[n], &held, leaves_ns);
		else
			put(passage, made[n], &held);
	}
	for (unsigned n = count; n < reset_count(verdict->reset); n++)
		pipeline_refuse(passage->options.pipeline, &none, DROP_NO_BUFFER);
}

static void dispatch(struct passage *passage, struct rte_mbuf *buffer, unsigned i)
{
	const struct verdict *verdict = &passage->verdicts[i];
	struct held held;

	if (verdict->fate == FATE_DROP) {
		rte_pktmbuf_free(buffer);
		return;
	}
	held = pipeline_held(passage->options.pipeline, &passage->packets[i], verdict);
	if (verdict->fate == FATE_HOLD)
		hold(passage, buffer, &held, verdict->leaves_ns);
	else
		put(passage, buffer, &held);
}

/* The first `count` packets are parsed. Their numbers are distinct over all workers. */
static void judge(struct passage *passage, struct rte_mbuf *const buffers[], unsigned count)
{
	const struct passage_options *options = &passage->options;
	struct rte_mbuf *answers[ANSWERS_MAX];
	unsigned made;

	for (unsigned i = 0; i < count; i++) {
		passage->packets[i].index =
			passage->index++ * options->workers + options->number + 1;
	}
	pipeline_burst(options->pipeline, passage->packet_at, passage->verdict_at, count);
	for (unsigned i = 0; i < count; i++) {
		if (options->offers && offers_want(&passage->packets[i], &passage->verdicts[i]))
			offers_put(options->offers, &passage->packets[i]);
		made = passage->verdicts[i].reset
			       ? answers_make(&passage->verdicts[i], &passage->packets[i],
					 buffers[i]->pool, answers)
			       : 0;
		dispatch(passage, buffers[i], i);
		if (passage->verdicts[i].reset)
			set_out(passage, answers, made, i);
	}
}

/* Receiving */

/* What found no room on its way to its owner. Its headers are read once more, into packet
 * `spare`. */
static void turn_away(
	struct passage *passage, struct rte_mbuf *const buffers[], unsigned count, unsigned spare)
{
	for (unsigned i = 0; i < count; i++) {
		parse(passage, buffers[i], spare, 0);
		pipeline_turn_away(
			passage->options.pipeline, &passage->packets[spare], DROP_HAND_OVER_FULL);
		rte_pktmbuf_free(buffers[i]);
	}
}

/* Sends away what belongs to others; how many are left, at the front. */
static unsigned hand_over(struct passage *passage, struct rte_mbuf *buffers[], unsigned count)
{
	const struct passage_options *options = &passage->options;
	struct rte_mbuf *refused[BURST];
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		struct packet *packet = &passage->packets[i];
		unsigned owner = steer(options->steering, options->inside, packet, options->workers,
			options->number);

		if (owner != options->number) {
			handover_put(&passage->handover, owner, buffers[i]);
			continue;
		}
		passage->packets[kept] = *packet;
		buffers[kept++] = buffers[i];
	}
	passage->handed_over += count - kept;
	for (unsigned owner = 0; owner < options->workers && kept < count; owner++) {
		unsigned none = handover_send(&passage->handover, owner, refused);

		passage->handed_over -= none;
		turn_away(passage, refused, none, kept);
	}
	return kept;
}

static void count_burst(struct passage *passage, unsigned count)
{
	static const uint8_t last[] = {1, 4, 8, 16, 31, BURST}; /* of each bin, see burst_words */
	unsigned bin = 0;

	while (count > last[bin])
		bin++;
	passage->bursts[bin]++;
}

unsigned passage_inlets(const struct passage *passage)
{
	return passage->inlet_count;
}

unsigned passage_receive(struct passage *passage, unsigned number, uint64_t now_ns)
{
	struct inlet *inlet = &passage->inlets[number];
	struct rte_mbuf *buffers[BURST];
	unsigned count = inlet_poll(inlet, buffers);
	bool alone;

	if (!count)
		return 0;
	count_burst(passage, count);
	parse_all(passage, buffers, count, now_ns);
	alone = passage->options.workers == 1 || passage->options.steered;
	judge(passage, buffers, alone ? count : hand_over(passage, buffers, count));
	return count;
}

unsigned passage_take_over(struct passage *passage, uint64_t now_ns)
{
	const struct passage_options *options = &passage->options;
	struct rte_mbuf *buffers[BURST];
	unsigned total = 0;

	for (unsigned from = 0; from < options->workers; from++) {
		unsigned count = handover_take(&passage->handover, from, buffers);

		if (!count)
			continue;
		parse_all(passage, buffers, count, now_ns);
		judge(passage, buffers, count);
		total += count;
	}
	passage->taken_over += total;
	return total;
}

/* Releasing and sending */

unsigned passage_release(struct passage *passage, uint64_t now_ns)
{
	struct wheel_entry due[BURST];
	unsigned total = 0, count;

	do {
		count = wheel_pop(passage->wheel, now_ns, due, BURST);
		for (unsigned i = 0; i < count; i++) {
			pipeline_release(passage->options.pipeline, &due[i].held, DROP_NONE);
			put(passage, (struct rte_mbuf *)(uintptr_t)due[i].handle, &due[i].held);
		}
		total += count;
	} while (count == BURST && total < RELEASES_MAX);
	return total;
}

unsigned passage_send(struct passage *passage)
{
	unsigned sent = 0;

	for (unsigned port = 0; port < passage->options.port_count; port++)
		outlet_flush(&passage->outlets[port]);
	for (unsigned i = 0; i < passage->relay_count; i++)
		sent += relay_send(&passage->relays[i]);
	return sent;
}

bool passage_is_empty(const struct passage *passage)
{
	for (unsigned i = 0; i < passage->relay_count; i++) {
		if (!relay_is_empty(&passage->relays[i]))
			return false;
	}
	return handover_is_empty(&passage->handover) && wheel_count(passage->wheel) == 0;
}

uint64_t passage_next_ns(const struct passage *passage)
{
	return wheel_next_ns(passage->wheel);
}

bool passage_at_end(const struct passage *passage)
{
	for (unsigned i = 0; i < passage->inlet_count; i++) {
		if (!inlet_at_end(&passage->inlets[i]))
			return false;
	}
	return true;
}

/* Ending */

static void drop_held(struct passage *passage)
{
	struct wheel_entry due[BURST];
	unsigned count;

	while ((count = wheel_pop(passage->wheel, UINT64_MAX, due, BURST))) {
		for (unsigned i = 0; i < count; i++) {
			pipeline_release(passage->options.pipeline, &due[i].held, DROP_STOPPED);
			rte_pktmbuf_free((struct rte_mbuf *)(uintptr_t)due[i].handle);
		}
	}
}

static void drop_arrivals(struct passage *passage, unsigned from)
{
	struct rte_mbuf *buffers[BURST];
	unsigned count;

	while ((count = handover_take(&passage->handover, from, buffers))) {
		parse_all(passage, buffers, count, 0);
		for (unsigned i = 0; i < count; i++) {
			pipeline_turn_away(
				passage->options.pipeline, &passage->packets[i], DROP_STOPPED);
			rte_pktmbuf_free(buffers[i]);
		}
	}
}

void passage_drop(struct passage *passage)
{
	const struct passage_options *options = &passage->options;

	drop_held(passage);
	for (unsigned from = 0; from < options->workers; from++)
		drop_arrivals(passage, from);
	for (unsigned i = 0; i < passage->relay_count; i++)
		relay_drop(&passage->relays[i], options->pipeline);
}

void passage_count(const struct passage *passage, struct worker_counters *counters)
{
	memcpy(counters->bursts, passage->bursts, sizeof(counters->bursts));
	counters->handed_over = passage->handed_over;
	counters->taken_over = passage->taken_over;
}
