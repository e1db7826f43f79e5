/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/neighbours.h"

#include <stdlib.h>
#include <string.h>

/* More take too long, and are hardly one device's. */
enum { FLOWS_MOST = 16, ROWS_MOST = 200000 };

struct neighbours {
	struct arrival *rows;
	struct arrivals all;
	struct suspicion suspicion;
	struct finding_of_bucket finding;
};

static const uint8_t *sender(const struct flow_journals *flow, enum direction direction)
{
	return direction == DIRECTION_UP ? flow->client : flow->server;
}

/* The direction of `other` that goes the same way, or -1. */
static int same_way(const struct flow_journals *flow, enum direction direction,
	const struct flow_journals *other)
{
	for (int d = 0; d < 2; d++) {
		if (flow->ip_version == other->ip_version &&
			!memcmp(sender(flow, direction), sender(other, d), 16) &&
			!memcmp(sender(flow, 1 - direction), sender(other, 1 - d), 16))
			return d;
	}
	return -1;
}

static size_t count_rows(const struct flow_journals *flow, enum direction direction,
	struct flow_journals *const *group, size_t count, size_t *flows)
{
	size_t rows = 0;

	for (size_t i = 0; i < count; i++) {
		int d = same_way(flow, direction, group[i]);

		if (d < 0 || !group[i]->journals[d].count)
			continue;
		rows += group[i]->journals[d].count;
		++*flows;
	}
	return rows;
}

static int by_time(const void *a, const void *b)
{
	const struct arrival *left = a, *right = b;

	return left->time_ns < right->time_ns ? -1 : left->time_ns > right->time_ns;
}

static void join(struct neighbours *neighbours, const struct flow_journals *flow,
	enum direction direction, struct flow_journals *const *group, size_t count)
{
	struct arrivals *all = &neighbours->all;
	uint64_t least_ns = UINT64_MAX;

	all->rows = neighbours->rows;
	for (size_t i = 0; i < count; i++) {
		int d = same_way(flow, direction, group[i]);
		struct burst burst = {0, d < 0 ? 0 : group[i]->journals[d].count};
		struct arrivals one;

		if (!burst.end)
			continue;
		one = burst_arrivals(&group[i]->journals[d], &burst, neighbours->rows + all->count);
		all->count += one.count;
		all->largest = one.largest > all->largest ? one.largest : all->largest;
		if (group[i]->journals[d].rtt_min_ns && group[i]->journals[d].rtt_min_ns < least_ns)
			least_ns = group[i]->journals[d].rtt_min_ns;
	}
	qsort(neighbours->rows, all->count, sizeof(*neighbours->rows), by_time);
	neighbours->suspicion.base_us = least_ns == UINT64_MAX ? 0 : (double)least_ns / 1e3;
}

struct neighbours *neighbours_find(const struct flow_journals *flow, enum direction direction,
	struct flow_journals *const *group, size_t count)
{
	struct neighbours *neighbours;
	size_t flows = 0, rows = count_rows(flow, direction, group, count, &flows);

	if (flows < 2 || flows > FLOWS_MOST || rows > ROWS_MOST)
		return NULL;
	neighbours = calloc(1, sizeof(*neighbours));
	if (!neighbours)
		return NULL;
	neighbours->rows = calloc(rows, sizeof(*neighbours->rows));
	neighbours->suspicion.levels = calloc(rows, sizeof(double));
	neighbours->suspicion.values = calloc(rows, sizeof(uint32_t));
	if (neighbours->rows && neighbours->suspicion.levels && neighbours->suspicion.values) {
		join(neighbours, flow, direction, group, count);
		neighbours->suspicion.arrivals = &neighbours->all;
		neighbours->finding = police_find(&neighbours->suspicion, true);
		if (neighbours->finding.kind == BUCKET_POLICER)
			return neighbours;
	}
	neighbours_free(neighbours);
	return NULL;
}

void neighbours_free(struct neighbours *neighbours)
{
	if (!neighbours)
		return;
	free(neighbours->rows);
	free(neighbours->suspicion.levels);
	free(neighbours->suspicion.values);
	free(neighbours);
}

bool neighbours_explain(struct neighbours *neighbours, uint64_t begin_ns, uint64_t end_ns,
	struct finding_of_bucket *finding)
{
	size_t first = 0, end;

	if (!neighbours)
		return false;
	while (first < neighbours->all.count && neighbours->rows[first].time_ns < begin_ns)
		first++;
	for (end = first; end < neighbours->all.count && neighbours->rows[end].time_ns <= end_ns;)
		end++;
	*finding = police_apply(&neighbours->suspicion, &neighbours->finding.bucket, first, end);
	return finding->kind == BUCKET_POLICER;
}

const struct arrivals *neighbours_arrivals(const struct neighbours *neighbours)
{
	return &neighbours->all;
}
