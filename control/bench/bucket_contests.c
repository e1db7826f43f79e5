/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The policer alone beside rte_meter: how exact its rate is in virtual time when twice as much is
 * offered (B7), and what one decision costs (B8).
 */
#include "control/bench/contest.h"

#include "dataplane/io/peer_meter.h"
#include "dataplane/io/tsc.h"
#include "dataplane/prng.h"
#include "dataplane/throttle/kinds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	PACKET_BYTES = 1500,
	DEPTH_BYTES = 100000,
	PACKETS = 8000000,
	OPERATIONS = 1 << 22,
};

struct run {
	struct setting setting;
	uint8_t params[THROTTLE_PARAMS_BYTES];
	uint64_t (*states)[2];
	struct peer_meter *meter;
	uint64_t now_ns;
};

static void end(void *state)
{
	struct run *run = state;

	peer_meter_free(run->meter);
	free(run->states);
	free(run);
}

static bool set_parameters(struct run *run)
{
	const char *word;

	throttle_police.defaults(run->params);
	for (const struct throttle_param *row = throttle_police.params; row->word; row++) {
		if (!strcmp(row->word, "rate"))
			memcpy(run->params + row->offset, &run->setting.rate, sizeof(uint64_t));
		else if (!strcmp(row->word, "burst"))
			memcpy(run->params + row->offset, &(uint64_t){DEPTH_BYTES},
				sizeof(uint64_t));
		else if (!strcmp(row->word, "count"))
			run->params[row->offset] = COUNT_L3;
	}
	return !throttle_police.prepare(run->params, &word);
}

static void *begin_with(const struct setting *setting, bool peer, struct failure *failure)
{
	struct run *run = calloc(1, sizeof(*run));
	bool good = run;

	if (good) {
		run->setting = *setting;
		run->states = calloc(setting->flows, sizeof(*run->states));
		good = run->states && set_parameters(run);
	}
	if (good && peer) {
		run->meter = peer_meter_new(setting->rate, DEPTH_BYTES, setting->flows);
		good = run->meter;
	}
	if (good)
		return run;
	failure_set(failure, EXIT_REFUSED, "no memory for so many buckets");
	if (run)
		end(run);
	return NULL;
}

static void *begin(const struct setting *setting, struct failure *failure)
{
	return begin_with(setting, false, failure);
}

static void *begin_peer(const struct setting *setting, struct failure *failure)
{
	return begin_with(setting, true, failure);
}

static bool take(struct run *run, uint32_t bucket, uint64_t now_ns)
{
	struct throttle_input input = {.now_ns = now_ns, .bytes = {[COUNT_L3] = PACKET_BYTES}};
	uint64_t leaves_ns = now_ns;

	return throttle_police.apply(run->params, run->states[bucket], &input, &leaves_ns) ==
	       DROP_NONE;
}

/* Parts in a million by which what passed differs from rate times time, once the bucket has run
 * empty: from one packet that passed to another, so that it is known to less than a packet of about
 * three million, 0.3 ppm. */
static double error_ppm(struct run *run, uint64_t hz)
{
	double gap_ns = PACKET_BYTES * 8e9 / (2.0 * run->setting.rate);
	uint64_t passed = 0;
	double begin_ns = 0, last_ns = 0;

	for (uint64_t i = 0; i < PACKETS; i++) {
		uint64_t now_ns = i * gap_ns;
		bool good = hz ? peer_meter_take(run->meter, 0, now_ns * (hz / 1e9), PACKET_BYTES)
			       : take(run, 0, now_ns);

		if (!good)
			continue;
		if (i < PACKETS / 4)
			begin_ns = now_ns;
		else
			passed++;
		last_ns = now_ns;
	}
	return fabs(passed * PACKET_BYTES * 8e9 / (last_ns - begin_ns) / run->setting.rate - 1) *
	       1e6;
}

static double error_trial(void *state)
{
	struct run *run = state;

	memset(run->states, 0, sizeof(*run->states));
	return error_ppm(run, 0);
}

static double peer_error_trial(void *state)
{
	struct run *run = state;
	struct run fresh = *run;
	double ppm;

	fresh.meter = peer_meter_new(run->setting.rate, DEPTH_BYTES, 1);
	if (!fresh.meter)
		return NAN;
	ppm = error_ppm(&fresh, peer_meter_hz());
	peer_meter_free(fresh.meter);
	return ppm;
}

static const struct setting error_settings[] = {
	{.label = "8 kbit/s", .flows = 1, .rate = 8000},
	{.label = "140 kbit/s", .flows = 1, .rate = 140000},
	{.label = "1.5 Mbit/s", .flows = 1, .rate = 1500000},
	{.label = "100 Mbit/s", .flows = 1, .rate = 100000000},
	{.label = "10 Gbit/s", .flows = 1, .rate = 10000000000},
	{.label = "40 Gbit/s", .flows = 1, .rate = 40000000000},
	{.label = NULL},
};

static const struct target error_targets[] = {
	{NULL, NULL, 1},
	{NULL, NULL, 0},
};

const struct contest contest_bucket_error = {
	.id = "B7",
	.title = "error of a policed rate, over the time of 8 million packets",
	.unit = "ppm",
	.in_virtual_time = true,
	.settings = error_settings,
	.contenders =
		{
			{"sluice", begin, error_trial, end},
			{"rte_meter", begin_peer, peer_error_trial, end},
		},
	.targets = error_targets,
};

/* Cost */

static double cost_trial(void *state)
{
	struct run *run = state;
	uint64_t begin = tsc_now(), passed = 0;

	for (uint32_t i = 0; i < OPERATIONS; i++)
		passed += take(run, i % run->setting.flows, run->now_ns += 1000);
	return passed ? (double)(tsc_now() - begin) / OPERATIONS : NAN;
}

static double peer_cost_trial(void *state)
{
	struct run *run = state;
	uint64_t begin = tsc_now(), passed = 0;

	for (uint32_t i = 0; i < OPERATIONS; i++)
		passed += peer_meter_take(
			run->meter, i % run->setting.flows, run->now_ns += 1000, PACKET_BYTES);
	return passed ? (double)(tsc_now() - begin) / OPERATIONS : NAN;
}

static const struct setting cost_settings[] = {
	{.label = "1 bucket", .flows = 1, .rate = 10000000000},
	{.label = "1024 buckets", .flows = 1024, .rate = 10000000000},
	{.label = NULL},
};

static const struct target cost_targets[] = {
	{"1 bucket", "rte_meter", 1.5},
	{"1024 buckets", "rte_meter", 2.5},
	{NULL, NULL, 5},
	{NULL, NULL, 0},
};

const struct contest contest_bucket_cost = {
	.id = "B8",
	.title = "one decision of a policer",
	.unit = "TSC cycles a packet",
	.settings = cost_settings,
	.contenders =
		{
			{"sluice", begin, cost_trial, end},
			{"rte_meter", begin_peer, peer_cost_trial, end},
		},
	.targets = cost_targets,
	.note = "ours is called through the table of kinds, as the pipeline does; rte_meter is "
		"behind one call, too",
};
