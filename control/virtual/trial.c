/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/trial.h"

#include "control/virtual/actor.h"
#include "control/virtual/knee.h"
#include "dataplane/prng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN_NS  (1616198400ull * 1000000000) /* 2021-03-20, unless the script says when */
#define RTT_NS    40000000ull
#define RATE      100000000ull
#define STEPS_MAX 200000000ull

struct stage {
	struct agenda *agenda;
	struct crossing *crossing;
	struct actor *actors;
	struct pcapng *capture;
	struct witness *witnesses[2];
	uint64_t count, finished;
};

static void actor_finished(void *who)
{
	struct stage *stage = who;

	stage->finished++;
}

static const struct script_step *link_of(const struct script *script)
{
	static const struct script_step none;

	return script->steps[0].verb == SCRIPT_LINK ? &script->steps[0] : &none;
}

/* Up to 5 % more, and a begin within a second, so that no phase is special. */
static uint64_t rtt_of(const struct trial_setup *setup)
{
	const struct script_step *link = link_of(setup->script);
	uint64_t rtt = script_value(link, SCRIPT_KEY_RTT, RTT_NS);

	return rtt + rtt / 20 * (prng_draw(setup->seed, 1) % 1000) / 1000;
}

static bool open_crossing(
	struct stage *stage, const struct trial_setup *setup, struct failure *failure)
{
	const struct script_step *link = link_of(setup->script);
	uint64_t rtt_ns = rtt_of(setup), rate = script_value(link, SCRIPT_KEY_RATE, RATE);
	uint64_t usual = (uint64_t)((double)rate / 8e9 * (double)rtt_ns);
	struct crossing_setup of = {
		.agenda = stage->agenda,
		.rules = setup->rules,
		.seed = setup->seed,
		.rtt_ns = rtt_ns,
		.rate = rate,
		.queue = script_value(link, SCRIPT_KEY_QUEUE, usual > 64000 ? usual : 64000),
		.loss = script_value(link, SCRIPT_KEY_LOSS, 0),
		.client_inside = !setup->script->outside,
		.arrive = connection_arrive,
	};

	for (int side = 0; setup->detect && side < 2; side++)
		of.witnesses[side] = stage->witnesses[side] = witness_new();
	if (setup->capture) {
		stage->capture = pcapng_create(setup->capture, "sluice", failure);
		if (!stage->capture)
			return false;
		pcapng_interface(stage->capture, LINK_RAW_IP, "behind the box");
		of.capture = stage->capture;
	}
	stage->crossing = crossing_new(&of);
	return stage->crossing || failure_set(failure, EXIT_REFUSED, "out of memory");
}

static bool open_stage(
	struct stage *stage, const struct trial_setup *setup, struct failure *failure)
{
	const struct script_step *link = link_of(setup->script);
	uint64_t begin_ns = script_has(link, SCRIPT_KEY_AT)
				    ? link->value[SCRIPT_KEY_AT] * 1000000000
				    : BEGIN_NS;

	stage->agenda = agenda_new(begin_ns + prng_draw(setup->seed, 2) % 1000000000);
	if (!open_crossing(stage, setup, failure))
		return false;
	stage->count = setup->script->flows;
	stage->actors = calloc(stage->count, sizeof(*stage->actors));
	if (!stage->actors)
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	for (uint64_t i = 0; i < stage->count; i++) {
		struct actor_setup of = {
			.agenda = stage->agenda,
			.crossing = stage->crossing,
			.script = setup->script,
			.seed = prng_draw(setup->seed, 16 + i),
			.rtt_ns = rtt_of(setup),
			.number = (unsigned)i,
			.finished = actor_finished,
			.who = stage,
		};

		actor_begin(&stage->actors[i], &of);
	}
	return true;
}

static bool close_stage(struct stage *stage, struct failure *failure)
{
	for (uint64_t i = 0; stage->actors && i < stage->count; i++)
		actor_end(&stage->actors[i]);
	free(stage->actors);
	agenda_free(stage->agenda);
	crossing_free(stage->crossing);
	witness_free(stage->witnesses[SIDE_CLIENT]);
	witness_free(stage->witnesses[SIDE_SERVER]);
	return !stage->capture || pcapng_close(stage->capture, failure);
}

/* What was seen */

/* All bytes over all of the time: of flows that end apart, the sum of their rates says more than
 * there is. */
static double goodput_of_all(const struct stage *stage)
{
	uint64_t begin_ns = UINT64_MAX, end_ns = 0, bytes = 0;

	for (uint64_t i = 0; i < stage->count; i++) {
		const struct outcome *outcome = &stage->actors[i].transfer;

		if (!outcome->begin_ns)
			continue;
		if (outcome->begin_ns < begin_ns)
			begin_ns = outcome->begin_ns;
		if (outcome->end_ns > end_ns)
			end_ns = outcome->end_ns;
		bytes += outcome->arrived[SIDE_CLIENT] + outcome->arrived[SIDE_SERVER];
	}
	return end_ns > begin_ns ? (double)bytes * 8e9 / (double)(end_ns - begin_ns) : 0;
}

static void see_transfers(const struct stage *stage, struct trial *trial)
{
	const struct outcome *last = &stage->actors[0].transfer;
	double *values = trial->values;

	values[OBSERVABLE_GOODPUT_UP] = last->goodput[SIDE_CLIENT];
	values[OBSERVABLE_GOODPUT_DOWN] = last->goodput[SIDE_SERVER];
	values[OBSERVABLE_GOODPUT] =
		last->goodput[last->sides[SIDE_SERVER] ? SIDE_SERVER : SIDE_CLIENT];
	values[OBSERVABLE_GOODPUT_SUM] = goodput_of_all(stage);
	values[OBSERVABLE_FROZEN] = last->frozen;
	trial->open_loop = last->open_loop;
	for (uint64_t i = 0; i < stage->count; i++) {
		const struct outcome *outcome = &stage->actors[i].last;
		double took = outcome->complete
				      ? (double)(outcome->end_ns - outcome->begin_ns) / 1e9
				      : INFINITY;

		values[OBSERVABLE_DURATION] = fmax(values[OBSERVABLE_DURATION], took);
		values[OBSERVABLE_ARRIVES] =
			(i == 0 || values[OBSERVABLE_ARRIVES]) && outcome->complete;
	}
}

static void see_account(const struct account *account, struct trial *trial)
{
	double *values = trial->values, offered, passed;

	offered = (double)(account->offered[0] + account->offered[1]);
	passed = (double)(account->passed[0] + account->passed[1]);
	values[OBSERVABLE_PACKETS] = passed;
	values[OBSERVABLE_PACKETS_UP] = (double)account->passed[SIDE_CLIENT];
	values[OBSERVABLE_PACKETS_DOWN] = (double)account->passed[SIDE_SERVER];
	values[OBSERVABLE_PACKETS_AFTER] = account->after ? (double)account->after - 1 : 0;
	values[OBSERVABLE_DECIDED_AT] = (double)account->decided_at;
	values[OBSERVABLE_LOSS] =
		offered > 0 ? (double)(account->dropped[0] + account->dropped[1]) / offered : 0;
	values[OBSERVABLE_DELIVERED] =
		account->step_sent ? (double)account->step_arrived / (double)account->step_sent : 0;
}

/* A packet of any of its connections was dropped or held. */
static bool was_acted_on(const struct actor *actor)
{
	for (const struct connection *one = actor->connections; one; one = one->next) {
		const struct account *account = &one->account;

		if (account->dropped[0] || account->dropped[1] || account->held)
			return true;
	}
	return false;
}

static void see_flows(const struct stage *stage, struct trial *trial)
{
	double acted = 0, delay_ns = 0;

	for (uint64_t i = 0; i < stage->count; i++) {
		const struct actor *actor = &stage->actors[i];

		acted += was_acted_on(actor);
		for (const struct connection *one = actor->connections; one; one = one->next)
			delay_ns = fmax(delay_ns, (double)one->account.delay_ns);
	}
	trial->values[OBSERVABLE_SHARE] = acted / (double)stage->count;
	trial->values[OBSERVABLE_DELAY] = delay_ns / 1e9;
}

/* Every so many readings of the end that got the last transfer. */
static void see_points(const struct actor *actor, struct trial *trial)
{
	enum cargo_side side = actor->transfer.sides[SIDE_SERVER] ? SIDE_SERVER : SIDE_CLIENT;
	const struct connection_end *end;
	size_t step;

	if (!actor->connection || !actor->transfer.transfer)
		return;
	end = &actor->connection->ends[!side];
	trial->values[OBSERVABLE_KNEE] =
		knee_find(end->readings, end->reading_count, actor->transfer.begin_ns);
	step = end->reading_count / TRIAL_POINTS + 1;
	for (size_t i = 0; i < end->reading_count; i += step) {
		struct trial_point *point = &trial->points[trial->point_count++];

		point->s = (double)(end->readings[i].time_ns - actor->transfer.begin_ns) / 1e9;
		point->bytes = (double)end->readings[i].bytes;
	}
}

static void see_connection(const struct stage *stage, struct trial *trial)
{
	const struct connection *connection = stage->actors[0].connection;

	snprintf(trial->words[OBSERVABLE_RULE], TRIAL_WORD, "none");
	snprintf(trial->words[OBSERVABLE_CLASS], TRIAL_WORD, "Unknown");
	if (!connection)
		return;
	see_account(&connection->account, trial);
	trial->values[OBSERVABLE_CONNECTED] = connection->established;
	trial->values[OBSERVABLE_RST] =
		(double)(connection->ends[0].resets + connection->ends[1].resets);
	trial->values[OBSERVABLE_PAYLOAD_UP] =
		(double)connection_got(&connection->ends[SIDE_SERVER]);
	trial->values[OBSERVABLE_PAYLOAD_DOWN] =
		(double)connection_got(&connection->ends[SIDE_CLIENT]);
	snprintf(trial->words[OBSERVABLE_RULE], TRIAL_WORD, "%s",
		crossing_rule(stage->crossing, &connection->account));
	crossing_class(
		stage->crossing, &connection->account, trial->words[OBSERVABLE_CLASS], TRIAL_WORD);
}

/* What who stands beside the sender of the last transfer makes of it. */
static void see_devices(const struct stage *stage, struct trial *trial)
{
	enum cargo_side side =
		stage->actors[0].transfer.sides[SIDE_SERVER] ? SIDE_SERVER : SIDE_CLIENT;

	if (stage->witnesses[side])
		snprintf(trial->words[OBSERVABLE_VERDICT], TRIAL_WORD, "%s",
			witness_verdict(stage->witnesses[side], side == SIDE_CLIENT));
}

bool trial_run(const struct trial_setup *setup, struct trial *trial, struct failure *failure)
{
	struct stage stage = {0};
	uint64_t steps = 0;
	bool good = open_stage(&stage, setup, failure);

	*trial = (struct trial){0};
	while (good && stage.finished < stage.count && agenda_step(stage.agenda)) {
		if (++steps == STEPS_MAX)
			good = failure_set(failure, EXIT_REFUSED,
				"an experiment has more than %llu events: try a smaller one",
				STEPS_MAX);
	}
	if (good) {
		see_transfers(&stage, trial);
		see_flows(&stage, trial);
		see_connection(&stage, trial);
		see_points(&stage.actors[0], trial);
		see_devices(&stage, trial);
	}
	return close_stage(&stage, failure) && good;
}

double trial_factor(const struct trial *trial, const struct trial *other)
{
	const double *mine = trial->values, *others = other->values;

	if (trial->open_loop)
		return mine[OBSERVABLE_GOODPUT] > 0
			       ? others[OBSERVABLE_GOODPUT] / mine[OBSERVABLE_GOODPUT]
			       : INFINITY;
	if (isinf(mine[OBSERVABLE_DURATION]))
		return INFINITY;
	return mine[OBSERVABLE_DURATION] / others[OBSERVABLE_DURATION];
}
