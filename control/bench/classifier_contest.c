/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * B11: what it costs to say what a flow is, beside nDPI, on the packets of captures: from a flow's
 * first packet to the one after which nobody looks any more. nDPI gets the same parsed packets from
 * the same memory and is asked twice: to its first answer, and on for as long as it says that more
 * could be told, as ndpiReader does.
 */
#include "control/bench/contest.h"
#include "control/bench/corpus.h"

#include "classifiers/classify.h"
#include "dataplane/io/tsc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRIAL_TICKS = 1 << 29, STREAMS = 64 };

enum group { GROUP_TLS, GROUP_QUIC, GROUP_ALL };

struct run {
	const struct corpus *corpus;
	const struct corpus_flow **flows; /* those of the group */
	uint32_t count;
	struct dpi *dpi;
	struct inspector inspector;
	bool to_first_answer;
	uint32_t known; /* of the last round: flows with a class */
};

static void end(void *state)
{
	struct run *run = state;

	dpi_free(run->dpi);
	inspector_end(&run->inspector);
	free(run->flows);
	free(run);
}

/* Our own parsers, and nDPI for what they leave. */
static void classify_flow(
	struct run *run, const struct corpus_flow *flow, struct classification *class)
{
	struct inspection inspection = {0};
	struct classified_name name;
	struct inspection_result read;

	memset(class, 0, sizeof(*class));
	for (uint32_t i = 0; i < flow->count && !class->quiet; i++) {
		const struct packet *packet = &flow->packets[i];
		bool up = flow->from_client[i], has_ports = true;

		if (packet->proto == PROTO_TCP)
			inspection_read(&run->inspector, &inspection, &classify_way, packet,
				up ? 0 : 1, &read);
		else if (packet->proto == PROTO_UDP)
			inspection_read_udp(
				&run->inspector, &inspection, QUIC_WAY_FULL, packet, &read);
		else
			has_ports = false;
		classify_packet(
			run->dpi, class, packet, up, has_ports ? &read : NULL, false, &name);
	}
	if (!class->quiet)
		classify_end(run->dpi, class, false, &name);
	inspection_end(&run->inspector, &inspection);
}

static uint32_t packets_at_most(const struct packet *packet)
{
	return packet->proto == PROTO_TCP ? CLASSIFY_TCP_PACKETS : CLASSIFY_UDP_PACKETS;
}

/* With as many packets at most as our own get. */
static bool ask_ndpi(struct run *run, const struct corpus_flow *flow)
{
	uint32_t context = dpi_begin(run->dpi), fed = 0;
	struct dpi_result result = {0};
	bool over = !context;

	for (uint32_t i = 0; i < flow->count && !over; i++) {
		const struct packet *packet = &flow->packets[i];

		if (!packet->payload_captured)
			continue;
		over = dpi_feed(run->dpi, context, packet, flow->from_client[i], &result) &&
		       (run->to_first_answer || !dpi_may_say_more(run->dpi, context));
		over = over || ++fed >= packets_at_most(packet);
	}
	if (context)
		dpi_end(run->dpi, context, false, &result);
	return result.master;
}

static bool belongs(const struct classification *class, enum group group)
{
	switch (group) {
	case GROUP_TLS:
		return class->by == BY_TLS;
	case GROUP_QUIC:
		return class->by == BY_QUIC;
	default:
		return true;
	}
}

static void choose(struct run *run, enum group group)
{
	for (uint32_t i = 0; i < run->corpus->flow_count; i++) {
		const struct corpus_flow *flow = &run->corpus->flows[i];
		struct classification class;

		classify_flow(run, flow, &class);
		if (belongs(&class, group))
			run->flows[run->count++] = flow;
	}
}

static void *begin(const struct setting *setting, struct failure *failure)
{
	struct run *run = calloc(1, sizeof(*run));
	bool good = run && setting->corpus;

	if (good) {
		run->corpus = setting->corpus;
		run->flows = calloc(run->corpus->flow_count + 1, sizeof(*run->flows));
		run->dpi = dpi_new(1);
		good = run->flows && run->dpi && inspector_begin(&run->inspector, STREAMS);
	}
	if (good)
		choose(run, setting->group);
	if (good && run->count)
		return run;
	failure_set(failure, good ? EXIT_BAD_INPUT : EXIT_REFUSED,
		good ? "--capture: no flow of %s in it" : "no memory for flows of %s",
		setting->label);
	if (run)
		end(run);
	return NULL;
}

static void *begin_first_answer(const struct setting *setting, struct failure *failure)
{
	struct run *run = begin(setting, failure);

	if (run)
		run->to_first_answer = true;
	return run;
}

static void classify_all(struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++) {
		struct classification class;

		classify_flow(run, run->flows[i], &class);
		run->known += class.master != 0;
	}
}

static void ask_all(struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++)
		run->known += ask_ndpi(run, run->flows[i]);
}

static double time_rounds(struct run *run, void (*round)(struct run *run))
{
	uint64_t begin = tsc_now(), ticks, wanted = TRIAL_TICKS;
	uint32_t rounds = 0;

	do {
		run->known = 0;
		round(run);
		rounds++;
		ticks = tsc_now() - begin;
	} while (ticks < wanted);
	return run->known ? (double)ticks / rounds / run->count : NAN;
}

static double classify_trial(void *state)
{
	return time_rounds(state, classify_all);
}

static double ndpi_trial(void *state)
{
	return time_rounds(state, ask_all);
}

static const struct setting settings[] = {
	{.label = "TLS", .group = GROUP_TLS},
	{.label = "QUIC", .group = GROUP_QUIC},
	{.label = "all flows", .group = GROUP_ALL},
	{.label = NULL},
};

static const struct target targets[] = {
	{"TLS", "nDPI, to its first answer", 20},
	{"QUIC", "nDPI, to its first answer", 4},
	{"all flows", "nDPI, to its first answer", 4},
	{NULL, NULL, 0},
};

const struct contest contest_classifier = {
	.id = "B11",
	.title = "saying what a flow is",
	.unit = "TSC cycles a flow",
	.wants_corpus = true,
	.settings = settings,
	.contenders =
		{
			{"sluice", begin, classify_trial, end},
			{"nDPI, to its first answer", begin_first_answer, ndpi_trial, end},
			{"nDPI, for all it can tell", begin, ndpi_trial, end},
		},
	.targets = targets,
	.note = "ours includes nDPI for what our own parsers leave; flows of TLS and QUIC are "
		"those "
		"that our own found",
};
