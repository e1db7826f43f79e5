/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flow table alone beside rte_hash: a lookup (part of B2), and a new flow (B4). Keys are made
 * before the clock runs; both write a line of what they found.
 */
#include "control/bench/contest.h"

#include "dataplane/flow.h"
#include "dataplane/io/peer_hash.h"
#include "dataplane/io/tsc.h"
#include "dataplane/pipeline.h"
#include "dataplane/prng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKUP_BURSTS = 1 << 16 };

struct line { /* what a peer keeps of a flow */
	_Alignas(64) uint64_t packets, bytes, last_ns;
};

struct run {
	struct setting setting;
	struct flow_table *table;
	struct peer_hash *hash;
	struct line *lines;
	uint64_t drawn, key_seed;
};

static struct flow_key key_of(uint64_t seed, uint32_t i)
{
	return (struct flow_key){{prng_draw(seed, i), i}};
}

static void end(void *state)
{
	struct run *run = state;

	flow_table_free(run->table);
	if (run->hash)
		peer_hash_free(run->hash);
	free(run->lines);
	free(run);
}

static struct run *new_run(const struct setting *setting)
{
	struct run *run = calloc(1, sizeof(*run));

	if (run)
		run->setting = *setting;
	return run;
}

static bool add_all(struct run *run)
{
	for (uint32_t i = 0; i < run->setting.flows; i++) {
		struct flow_key key = key_of(run->key_seed, i);

		if (run->hash ? !peer_hash_add(run->hash, &key, i)
			      : !flow_insert(run->table, &key, flow_table_hash(run->table, &key)))
			return false;
	}
	return true;
}

static void *ready(struct run *run, bool filled, struct failure *failure)
{
	bool there = run && (run->table || (run->hash && run->lines));

	if (there && (!filled || add_all(run)))
		return run;
	failure_set(failure, EXIT_REFUSED, "no memory for so many flows");
	if (run)
		end(run);
	return NULL;
}

static struct run *with_table(const struct setting *setting)
{
	struct run *run = new_run(setting);

	if (run)
		run->table = flow_table_new(setting->flows, false, 1);
	return run;
}

static struct run *with_hash(const struct setting *setting)
{
	struct run *run = new_run(setting);
	size_t bytes = sizeof(*run->lines) * (size_t)setting->flows;

	if (!run)
		return NULL;
	run->hash = peer_hash_new(setting->flows);
	run->lines = aligned_alloc(2 << 20, (bytes + (2 << 20) - 1) & ~((2ul << 20) - 1));
	if (run->lines)
		memset(run->lines, 0, bytes);
	return run;
}

static void *begin_lookup(const struct setting *setting, struct failure *failure)
{
	return ready(with_table(setting), true, failure);
}

static void *begin_hash_lookup(const struct setting *setting, struct failure *failure)
{
	return ready(with_hash(setting), true, failure);
}

static void draw_keys(struct run *run, struct flow_key *keys)
{
	for (unsigned i = 0; i < BURST; i++) {
		uint64_t draw = prng_draw(2, ++run->drawn) >> 32;

		keys[i] = key_of(run->key_seed, draw * run->setting.flows >> 32);
	}
}

/* As burst() of the pipeline does it. */
static unsigned look_up(struct run *run, const struct flow_key *keys)
{
	uint64_t hashes[BURST];
	uint32_t matches[BURST];
	unsigned missed = 0;

	for (unsigned i = 0; i < BURST; i++) {
		hashes[i] = flow_table_hash(run->table, &keys[i]);
		flow_prefetch_tags(run->table, hashes[i]);
	}
	for (unsigned i = 0; i < BURST; i++)
		matches[i] = flow_matches(run->table, hashes[i]);
	for (unsigned i = 0; i < BURST; i++) {
		struct flow *flow = flow_find_among(run->table, &keys[i], hashes[i], matches[i]);

		if (flow) {
			flow->packets[0]++;
			flow->bytes[0] += 60;
			flow->last_ns = i;
		}
		missed += !flow;
	}
	return missed;
}

static unsigned note(struct run *run, uint32_t i)
{
	if (i == UINT32_MAX)
		return 1;
	run->lines[i].packets++;
	run->lines[i].bytes += 60;
	run->lines[i].last_ns = i;
	return 0;
}

static unsigned look_up_bulk(struct run *run, const struct flow_key *keys)
{
	uint32_t found[BURST];
	unsigned missed = 0;

	peer_hash_find_bulk(run->hash, keys, found);
	for (unsigned i = 0; i < BURST; i++)
		__builtin_prefetch(&run->lines[found[i]], 1);
	for (unsigned i = 0; i < BURST; i++)
		missed += note(run, found[i]);
	return missed;
}

static unsigned look_up_singly(struct run *run, const struct flow_key *keys)
{
	unsigned missed = 0;

	for (unsigned i = 0; i < BURST; i++)
		missed += note(run, peer_hash_find(run->hash, &keys[i]));
	return missed;
}

static double time_lookups(struct run *run, unsigned (*look)(struct run *, const struct flow_key *))
{
	uint64_t ticks = 0;
	unsigned missed = 0;

	for (unsigned i = 0; i < LOOKUP_BURSTS; i++) {
		struct flow_key keys[BURST];
		uint64_t begin;

		draw_keys(run, keys);
		begin = tsc_now();
		missed += look(run, keys);
		ticks += tsc_now() - begin;
	}
	return missed ? NAN : (double)ticks / LOOKUP_BURSTS / BURST;
}

static double lookup_trial(void *state)
{
	return time_lookups(state, look_up);
}

static double bulk_trial(void *state)
{
	return time_lookups(state, look_up_bulk);
}

static double single_trial(void *state)
{
	return time_lookups(state, look_up_singly);
}

static const struct setting lookup_settings[] = {
	{.label = "1k", .flows = 1000, .order = ORDER_UNIFORM, .ip_version = 4},
	{.label = "100k", .flows = 100000, .order = ORDER_UNIFORM, .ip_version = 4},
	{.label = "1M", .flows = 1000000, .order = ORDER_UNIFORM, .ip_version = 4, .slow = true},
	{.label = "8M", .flows = 8000000, .order = ORDER_UNIFORM, .ip_version = 4, .slow = true},
	{.label = NULL},
};

static const struct target lookup_targets[] = {
	{"1M", "rte_hash bulk", 1.8},
	{"1M", "rte_hash single", 8},
	{"8M", "rte_hash bulk", 1.8},
	{NULL, NULL, 0},
};

const struct contest contest_flow_lookup = {
	.id = "B2-lookup",
	.title = "lookup of a flow and a write into its line",
	.unit = "TSC cycles a lookup",
	.settings = lookup_settings,
	.contenders =
		{
			{"sluice", begin_lookup, lookup_trial, end},
			{"rte_hash bulk", begin_hash_lookup, bulk_trial, end},
			{"rte_hash single", begin_hash_lookup, single_trial, end},
		},
	.targets = lookup_targets,
};

/* New flows: an empty table is filled to its limit. */

static void *begin_insert(const struct setting *setting, struct failure *failure)
{
	return ready(with_table(setting), false, failure);
}

static void *begin_hash_insert(const struct setting *setting, struct failure *failure)
{
	return ready(with_hash(setting), false, failure);
}

static void forget(void *table, struct flow *flow)
{
	flow_remove(table, flow);
}

/* The keys of every round are others, as those of new flows are. */
static double insert_trial(void *state)
{
	struct run *run = state;
	uint64_t begin;
	bool good;

	run->key_seed++;
	if (run->hash)
		peer_hash_reset(run->hash);
	else
		flow_each(run->table, forget, run->table);
	begin = tsc_now();
	good = add_all(run);
	return good ? (double)(tsc_now() - begin) / run->setting.flows : NAN;
}

static const struct target insert_targets[] = {
	{NULL, "rte_hash", 1.5},
	{NULL, NULL, 0},
};

const struct contest contest_flow_insert = {
	.id = "B4-insert",
	.title = "a new flow into the table, from empty to full",
	.unit = "TSC cycles a flow",
	.settings = lookup_settings,
	.contenders =
		{
			{"sluice", begin_insert, insert_trial, end},
			{"rte_hash", begin_hash_insert, insert_trial, end},
		},
	.targets = insert_targets,
	.note = "making the key is part of both; ours makes the flow's record, too",
};
