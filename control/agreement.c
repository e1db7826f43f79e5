/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/agreement.h"

#include "classifiers/classify.h"

#include <jansson.h>
#include <stdlib.h>

struct opinion {
	uint64_t flow; /* flow_record.id */
	uint16_t master, app;
	bool decided;
};

struct pair {
	uint16_t master[2], app[2];
	bool used;
	uint64_t flows;
};

struct agreement {
	struct opinion *opinions;
	size_t count, room, heard;
	struct pair *pairs; /* open addressing; `slots` is a power of two */
	size_t pair_count, slots;
	struct agreement_totals totals;
};

enum { SLOTS_AT_FIRST = 256 };

struct agreement *agreement_new(void)
{
	struct agreement *agreement = calloc(1, sizeof(*agreement));

	if (!agreement)
		return NULL;
	agreement->slots = SLOTS_AT_FIRST;
	agreement->pairs = calloc(agreement->slots, sizeof(*agreement->pairs));
	if (agreement->pairs)
		return agreement;
	agreement_free(agreement);
	return NULL;
}

void agreement_free(struct agreement *agreement)
{
	if (!agreement)
		return;
	free(agreement->opinions);
	free(agreement->pairs);
	free(agreement);
}

static struct opinion opinion_of(const struct flow_row *row)
{
	const struct flow_record *record = &row->record;

	return (struct opinion){
		record->id, record->master, record->app, record->master && record->by != BY_GUESS};
}

bool agreement_note(struct agreement *agreement, const struct flow_row *row)
{
	if (agreement->count == agreement->room) {
		size_t room = agreement->room ? agreement->room * 2 : 4096;
		struct opinion *larger =
			realloc(agreement->opinions, room * sizeof(*agreement->opinions));

		if (!larger)
			return false;
		agreement->opinions = larger;
		agreement->room = room;
	}
	agreement->opinions[agreement->count++] = opinion_of(row);
	return true;
}

/* Where the pair is, or would be. */
static struct pair *find(
	struct pair *pairs, size_t slots, const struct opinion *first, const struct opinion *second)
{
	uint64_t key = (uint64_t)first->master << 48 | (uint64_t)first->app << 32 |
		       (uint64_t)second->master << 16 | second->app;
	size_t at = (key * 0x9e3779b97f4a7c15u) >> 32 & (slots - 1);

	while (pairs[at].used &&
		(pairs[at].master[0] != first->master || pairs[at].app[0] != first->app ||
			pairs[at].master[1] != second->master || pairs[at].app[1] != second->app))
		at = (at + 1) & (slots - 1);
	return &pairs[at];
}

static bool make_room(struct agreement *agreement)
{
	size_t slots = agreement->slots * 2;
	struct pair *larger;

	if (agreement->pair_count * 2 < agreement->slots)
		return true;
	larger = calloc(slots, sizeof(*larger));
	if (!larger)
		return false;
	for (size_t i = 0; i < agreement->slots; i++) {
		const struct pair *pair = &agreement->pairs[i];
		struct opinion first = {.master = pair->master[0], .app = pair->app[0]};
		struct opinion second = {.master = pair->master[1], .app = pair->app[1]};

		if (pair->used)
			*find(larger, slots, &first, &second) = *pair;
	}
	free(agreement->pairs);
	agreement->pairs = larger;
	agreement->slots = slots;
	return true;
}

bool agreement_hear(struct agreement *agreement, const struct flow_row *row)
{
	struct opinion second = opinion_of(row), first;
	struct agreement_totals *totals = &agreement->totals;
	struct pair *pair;

	if (agreement->heard == agreement->count || !make_room(agreement))
		return false;
	first = agreement->opinions[agreement->heard++];
	if (first.flow != second.flow)
		return false;
	pair = find(agreement->pairs, agreement->slots, &first, &second);
	agreement->pair_count += !pair->used;
	*pair = (struct pair){
		{first.master, second.master}, {first.app, second.app}, true, pair->flows + 1};
	totals->flows++;
	totals->noted += first.decided;
	totals->equal += first.decided && second.decided && first.master == second.master &&
			 first.app == second.app;
	totals->alike += first.decided && second.decided && first.master == second.master;
	totals->gained += !first.decided && second.decided;
	return true;
}

struct agreement_totals agreement_totals(const struct agreement *agreement)
{
	return agreement->totals;
}

double agreement_percent(const struct agreement_totals *totals)
{
	return totals->noted ? 100.0 * (double)totals->equal / (double)totals->noted : 100;
}

/* Most flows first, then by the numbers of the classes; empty slots last. */
static int by_flows(const void *a, const void *b)
{
	const struct pair *left = a, *right = b;

	if (left->flows != right->flows)
		return left->flows < right->flows ? 1 : -1;
	for (int i = 0; i < 2; i++) {
		if (left->master[i] != right->master[i])
			return left->master[i] < right->master[i] ? -1 : 1;
		if (left->app[i] != right->app[i])
			return left->app[i] < right->app[i] ? -1 : 1;
	}
	return 0;
}

static const char *class_text(struct csv_line *line, const struct pipeline *pipeline,
	const struct pair *pair, int opinion)
{
	line->used = 0;
	flow_put_class(line, pipeline, pair->master[opinion], pair->app[opinion]);
	csv_put_char(line, '\0');
	return line->text;
}

static void print_text(
	const struct agreement *agreement, const struct pipeline *pipeline, FILE *out)
{
	const struct agreement_totals *totals = &agreement->totals;
	struct csv_line first, second;

	fprintf(out, "%10s  %-28s %s\n", "flows", "nDPI", "sluice");
	for (size_t i = 0; i < agreement->pair_count; i++)
		fprintf(out, "%10llu  %-28s %s\n", (unsigned long long)agreement->pairs[i].flows,
			class_text(&first, pipeline, &agreement->pairs[i], 0),
			class_text(&second, pipeline, &agreement->pairs[i], 1));
	fprintf(out,
		"\nOf %llu flows nDPI alone decided %llu, %llu of them as sluice did (%.2f %%),"
		"\n%llu with the same protocol; sluice decided %llu more.\n",
		(unsigned long long)totals->flows, (unsigned long long)totals->noted,
		(unsigned long long)totals->equal, agreement_percent(totals),
		(unsigned long long)totals->alike, (unsigned long long)totals->gained);
}

static bool print_json(
	const struct agreement *agreement, const struct pipeline *pipeline, FILE *out)
{
	const struct agreement_totals *totals = &agreement->totals;
	json_t *pairs = json_array(), *whole;
	struct csv_line first, second;
	bool good;

	for (size_t i = 0; i < agreement->pair_count; i++)
		json_array_append_new(pairs,
			json_pack("{s:s, s:s, s:I}", "ndpi",
				class_text(&first, pipeline, &agreement->pairs[i], 0), "sluice",
				class_text(&second, pipeline, &agreement->pairs[i], 1), "flows",
				(json_int_t)agreement->pairs[i].flows));
	whole = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "against", "ndpi", "flows",
		(json_int_t)totals->flows, "decided", (json_int_t)totals->noted, "equal",
		(json_int_t)totals->equal, "same_protocol", (json_int_t)totals->alike, "gained",
		(json_int_t)totals->gained, "percent", agreement_percent(totals), "pairs", pairs);
	good = whole && !json_dumpf(whole, out, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(whole);
	fputc('\n', out);
	return good;
}

bool agreement_print(
	struct agreement *agreement, const struct pipeline *pipeline, bool json, FILE *out)
{
	qsort(agreement->pairs, agreement->slots, sizeof(*agreement->pairs), by_flows);
	if (json)
		return print_json(agreement, pipeline, out);
	print_text(agreement, pipeline, out);
	return true;
}
