/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/series.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096, SLOTS_USED_MAX = 3072 };

struct pair {
	uint64_t key; /* what it stands for, in one number; 0: free */
	uint16_t master, app, rule;
	uint8_t reason;
	struct tally offered, delivered;
};

struct series {
	FILE *out;
	struct flow_words words;
	uint64_t bin; /* time / SERIES_BIN_NS */
	uint32_t used;
	uint16_t order[SLOTS]; /* slots in use */
	struct pair pairs[SLOTS];
};

struct series *series_begin(FILE *out, const struct flow_words *words)
{
	struct series *series = calloc(1, sizeof(*series));

	if (!series)
		return NULL;
	series->out = out;
	series->words = *words;
	fputs("time_ns,class,rule,offered_packets,offered_bytes,delivered_packets,delivered_bytes"
	      "\r\n",
		out);
	return series;
}

static void put_class(
	struct csv_line *line, const struct flow_words *words, const struct pair *pair)
{
	if (pair->reason >= DECISION_COUNT)
		csv_put_text(line, reason_words[pair->reason]);
	else
		flow_put_class(line, words->pipeline, pair->master, pair->app);
	csv_put_char(line, ',');
}

static void put_tally(struct csv_line *line, const struct tally *tally)
{
	csv_put_number(line, tally->packets);
	csv_put_number(line, tally->bytes);
}

static void write_pair(const struct series *series, const struct pair *pair)
{
	const struct ruleset *ruleset = series->words.ruleset;
	struct csv_line line;

	line.used = 0;
	csv_put_number(&line, series->bin * SERIES_BIN_NS);
	put_class(&line, &series->words, pair);
	if (ruleset_rule_id(ruleset, pair->rule))
		csv_put_text(&line, ruleset_rule_id(ruleset, pair->rule));
	csv_put_char(&line, ',');
	put_tally(&line, &pair->offered);
	put_tally(&line, &pair->delivered);
	csv_write(&line, series->out);
}

static int by_key(const void *a, const void *b)
{
	uint64_t left = (*(const struct pair *const *)a)->key;
	uint64_t right = (*(const struct pair *const *)b)->key;

	return (left > right) - (left < right);
}

/* Writes the bin in an order that depends on nothing but what is in it, and empties it. */
static void flush(struct series *series)
{
	struct pair *pairs[SLOTS_USED_MAX];

	for (uint32_t i = 0; i < series->used; i++)
		pairs[i] = &series->pairs[series->order[i]];
	qsort(pairs, series->used, sizeof(pairs[0]), by_key);
	for (uint32_t i = 0; i < series->used; i++) {
		write_pair(series, pairs[i]);
		memset(pairs[i], 0, sizeof(*pairs[i]));
	}
	series->used = 0;
}

static struct pair *pair_for(struct series *series, const struct verdict *verdict)
{
	uint8_t reason = verdict->reason >= DECISION_COUNT ? verdict->reason : 0;
	uint64_t key = 1ull << 63 | (uint64_t)verdict->master << 40 | (uint64_t)verdict->app << 24 |
		       (uint64_t)verdict->rule << 8 | reason;
	uint32_t slot = key * 0x9e3779b97f4a7c15ull >> 52;

	while (series->pairs[slot].key && series->pairs[slot].key != key)
		slot = (slot + 1) % SLOTS;
	if (series->pairs[slot].key)
		return &series->pairs[slot];
	if (series->used == SLOTS_USED_MAX)
		return NULL;
	series->order[series->used++] = slot;
	series->pairs[slot].key = key;
	series->pairs[slot].master = verdict->master;
	series->pairs[slot].app = verdict->app;
	series->pairs[slot].rule = verdict->rule;
	series->pairs[slot].reason = reason;
	return &series->pairs[slot];
}

static struct pair *pair_at(struct series *series, uint64_t time_ns, const struct verdict *verdict)
{
	uint64_t bin = time_ns / SERIES_BIN_NS;
	struct pair *pair;

	if (bin != series->bin)
		flush(series);
	series->bin = bin;
	pair = pair_for(series, verdict);
	if (pair)
		return pair;
	flush(series); /* more classes and rules in one bin than there is room for: two rows */
	return pair_for(series, verdict);
}

void series_add(
	struct series *series, uint64_t time_ns, const struct verdict *verdict, uint32_t bytes)
{
	struct pair *pair = pair_at(series, time_ns, verdict);

	tally_count(&pair->offered, bytes);
	if (verdict->fate == FATE_FORWARD)
		tally_count(&pair->delivered, bytes);
}

void series_deliver(
	struct series *series, uint64_t time_ns, const struct verdict *verdict, uint32_t bytes)
{
	tally_count(&pair_at(series, time_ns, verdict)->delivered, bytes);
}

void series_end(struct series *series)
{
	flush(series);
	free(series);
}
