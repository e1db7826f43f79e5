/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/top_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number(const json_t *object, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(object, name));
}

static uint64_t sum_of(const json_t *object)
{
	const char *name;
	json_t *value;
	uint64_t sum = 0;

	json_object_foreach((json_t *)object, name, value) sum +=
		(uint64_t)json_integer_value(value);
	return sum;
}

/* NULL: no memory. */
static struct top_row *row_of(struct top_rows *rows, enum top_kind kind, const char *name)
{
	struct top_row *items;

	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].kind == kind && strcmp(rows->items[i].name, name) == 0)
			return &rows->items[i];
	}
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 64;

		items = realloc(rows->items, room * sizeof(*items));
		if (!items)
			return NULL;
		rows->items = items;
		rows->room = room;
	}
	items = &rows->items[rows->count++];
	*items = (struct top_row){.kind = kind};
	snprintf(items->name, sizeof(items->name), "%s", name);
	return items;
}

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

/* Nothing of what is gone moves any more. */
static void stop(struct top_row *row)
{
	row->offered = row->delivered = row->dropped = row->dropped_packets = 0;
}

/* Rates stay when the numbers are of the time of the reading before. */
static void count(struct top_row *row, const struct top_totals *totals, uint64_t ns)
{
	const struct top_totals *was = &row->totals;
	double seconds = (double)(ns - row->ns) / 1e9;

	if (ns > row->ns && row->ns) {
		row->offered = 8 * rate(totals->received_bytes, was->received_bytes, seconds);
		row->delivered = 8 * rate(totals->forwarded_bytes, was->forwarded_bytes, seconds);
		row->dropped = 8 * rate(totals->dropped_bytes, was->dropped_bytes, seconds);
		row->dropped_packets = rate(totals->dropped, was->dropped, seconds);
		memmove(row->history + 1, row->history,
			sizeof(row->history) - sizeof(row->history[0]));
		row->history[0] = row->offered;
	}
	row->totals = *totals;
	row->ns = ns;
	if (!ns)
		stop(row);
}

static bool take(struct top_rows *rows, enum top_kind kind, const char *name, const json_t *fates,
	uint64_t ns)
{
	struct top_row *row = row_of(rows, kind, name);
	const json_t *flows = json_object_get(fates, "flows");
	const struct top_totals totals = {
		.received = number(fates, "received"),
		.received_bytes = number(fates, "received_bytes"),
		.forwarded_bytes = number(fates, "forwarded_bytes"),
		.dropped = sum_of(json_object_get(fates, "dropped")),
		.dropped_bytes = sum_of(json_object_get(fates, "dropped_bytes")),
	};

	if (!row)
		return false;
	row->reading = rows->reading;
	row->flows =
		json_is_object(flows) ? number(flows, "live") : (uint64_t)json_integer_value(flows);
	count(row, &totals, ns);
	return true;
}

static bool take_drops(struct top_rows *rows, const json_t *dropped, uint64_t ns)
{
	const char *reason;
	json_t *value;

	json_object_foreach((json_t *)dropped, reason, value)
	{
		struct top_row *row = row_of(rows, TOP_DROP, reason);
		const struct top_totals totals = {.dropped = (uint64_t)json_integer_value(value)};

		if (!row)
			return false;
		row->reading = rows->reading;
		count(row, &totals, ns);
	}
	return true;
}

static bool take_each(struct top_rows *rows, enum top_kind kind, const json_t *parts, uint64_t ns)
{
	const char *name;
	json_t *fates;

	json_object_foreach((json_t *)parts, name, fates)
	{
		if (!take(rows, kind, name, fates, ns))
			return false;
	}
	return true;
}

static void stand(struct top_row *row, const json_t *node)
{
	if (json_is_true(json_object_get(node, "live")))
		snprintf(row->standing, sizeof(row->standing), "%llu %s",
			(unsigned long long)number(node, "version"),
			json_string_value(json_object_get(node, "status")));
	else
		snprintf(row->standing, sizeof(row->standing), "gone");
	if (strcmp(row->standing, "gone") == 0)
		stop(row);
}

static bool take_nodes(struct top_rows *rows, const json_t *nodes)
{
	const char *name;
	json_t *node;

	json_object_foreach((json_t *)nodes, name, node)
	{
		if (!take(rows, TOP_NODE, name, node, number(node, "ts_ns")))
			return false;
		stand(row_of(rows, TOP_NODE, name), node);
	}
	return true;
}

/* Of a lab: the mean over its live nodes, whose batches come one after another; 0 when there are
 * none. */
static uint64_t time_of(const json_t *counters)
{
	uint64_t sum = 0, live = 0;
	const char *name;
	json_t *node;

	json_object_foreach(json_object_get(counters, "nodes"), name, node)
	{
		if (!json_is_true(json_object_get(node, "live")))
			continue;
		sum += number(node, "ts_ns") / 1000;
		live++;
	}
	return live ? sum / live * 1000 : number(counters, "time_ns");
}

static uint64_t flows_of(const json_t *nodes)
{
	uint64_t sum = 0;
	const char *name;
	json_t *node;

	json_object_foreach((json_t *)nodes, name, node)
	{
		if (json_is_true(json_object_get(node, "live")))
			sum += number(node, "flows");
	}
	return sum;
}

bool top_rows_take(struct top_rows *rows, const json_t *counters)
{
	const json_t *nodes = json_object_get(counters, "nodes");
	const char *lab = json_string_value(json_object_get(counters, "lab"));
	uint64_t ns = time_of(counters);

	rows->reading++;
	snprintf(rows->lab, sizeof(rows->lab), "%s", lab ? lab : "");
	if (!take(rows, TOP_ALL, "", counters, ns) ||
		!take_drops(rows, json_object_get(counters, "dropped"), ns) ||
		!take_nodes(rows, nodes) ||
		!take_each(rows, TOP_PORT, json_object_get(counters, "ports"), ns) ||
		!take_each(rows, TOP_RULE, json_object_get(counters, "rules"), ns))
		return false;
	if (nodes)
		row_of(rows, TOP_ALL, "")->flows = flows_of(nodes);
	return true;
}

void top_rows_end(struct top_rows *rows)
{
	free(rows->items);
	*rows = (struct top_rows){0};
}
