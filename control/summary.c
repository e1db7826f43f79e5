/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/summary.h"

#include "control/counters_file.h"
#include "control/kernel_paths.h"

#include <inttypes.h>
#include <string.h>

/* Numbers of two snapshots of one thing, and the seconds between them. */
struct pace {
	struct fates now, before;
	double seconds; /* 0: there is no snapshot before */
};

static double seconds_between(const struct snapshot *now, const struct snapshot *before)
{
	if (!before || now->counters.time_ns <= before->counters.time_ns)
		return 0;
	return (double)(now->counters.time_ns - before->counters.time_ns) / 1e9;
}

static struct pace pace_of_all(const struct snapshot *now, const struct snapshot *before)
{
	struct pace pace = {.now = counters_total(&now->counters.sum)};

	pace.seconds = seconds_between(now, before);
	if (pace.seconds > 0)
		pace.before = counters_total(&before->counters.sum);
	return pace;
}

static struct pace pace_of_port(
	const struct snapshot *now, const struct snapshot *before, uint32_t port)
{
	struct pace pace = {.now = now->counters.sum.ports[port]};

	if (before && port < before->counters.sum.port_count)
		pace.seconds = seconds_between(now, before);
	if (pace.seconds > 0)
		pace.before = before->counters.sum.ports[port];
	return pace;
}

/* By id: rules may have been exchanged in between. */
static struct pace pace_of_rule(
	const struct snapshot *now, const struct snapshot *before, uint32_t rule)
{
	struct pace pace = {.now = snapshot_fates(now, rule)};

	for (uint32_t i = 0; before && i < before->rule_count; i++) {
		if (strcmp(before->rules[i].id, now->rules[rule].id) != 0)
			continue;
		pace.seconds = seconds_between(now, before);
		pace.before = snapshot_fates(before, i);
	}
	return pace;
}

static double per_second(const struct pace *pace, uint64_t now, uint64_t before)
{
	return now >= before ? (double)(now - before) / pace->seconds : 0;
}

/* JSON */

static void put_rate(json_t *into, const struct pace *pace)
{
	const struct fates *now = &pace->now, *before = &pace->before;

	if (pace->seconds <= 0)
		return;
	json_object_set_new(into, "rate",
		json_pack("{s:f, s:f, s:f, s:f}", "received_pps",
			per_second(pace, now->received.packets, before->received.packets),
			"received_bps",
			8 * per_second(pace, now->received.bytes, before->received.bytes),
			"forwarded_pps",
			per_second(pace, now->forwarded.packets, before->forwarded.packets),
			"forwarded_bps",
			8 * per_second(pace, now->forwarded.bytes, before->forwarded.bytes)));
}

static json_t *driver_json(const struct port_driver_counters *driver)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "rx_packets",
		(json_int_t)driver->rx_packets, "tx_packets", (json_int_t)driver->tx_packets,
		"rx_bytes", (json_int_t)driver->rx_bytes, "tx_bytes", (json_int_t)driver->tx_bytes,
		"rx_missed", (json_int_t)driver->rx_missed, "rx_errors",
		(json_int_t)driver->rx_errors, "rx_no_buffer", (json_int_t)driver->rx_no_buffer,
		"tx_errors", (json_int_t)driver->tx_errors);
}

static void put_ports(json_t *root, const struct snapshot *now, const struct snapshot *before)
{
	json_t *ports = json_object_get(root, "ports");
	char number[16];

	for (uint32_t port = 0; port < now->counters.sum.port_count; port++) {
		struct pace pace = pace_of_port(now, before, port);
		json_t *into;

		snprintf(number, sizeof(number), "%u", port);
		into = json_object_get(ports, number);
		json_object_set_new(into, "port", json_string(now->ports[port]));
		put_rate(into, &pace);
		json_object_set_new(into, "driver", driver_json(&now->counters.driver[port]));
		if (now->counters.kernel[port].serves)
			json_object_set_new(
				into, "kernel", kernel_paths_json(&now->counters.kernel[port]));
	}
}

/* The share of time in which it had packets, since `before` or since the start. */
static double busy_share(const struct snapshot *now, const struct snapshot *before, unsigned number)
{
	const struct worker_counters *worker = &now->counters.workers[number];
	uint64_t all = worker->all_ticks, busy = worker->busy_ticks;

	if (before && number < before->counters.worker_count) {
		all -= before->counters.workers[number].all_ticks;
		busy -= before->counters.workers[number].busy_ticks;
	}
	return all && busy <= all ? (double)busy / (double)all : 0;
}

static double us(const struct snapshot *snapshot, uint64_t ticks)
{
	double hz = snapshot->counters.tsc_hz;

	return hz > 0 ? (double)ticks * 1e6 / hz : 0;
}

static json_t *worker_json(
	const struct snapshot *now, const struct snapshot *before, unsigned number)
{
	const struct worker_counters *worker = &now->counters.workers[number];
	json_t *json = json_object(), *bursts = json_object();

#define X(name) json_object_set_new(json, #name, json_integer((json_int_t)worker->name));
	WORKER_NUMBERS(X)
#undef X
	for (int i = 0; i < BURST_SIZES; i++)
		json_object_set_new(bursts, burst_words[i] + strlen("bursts_"),
			json_integer((json_int_t)worker->bursts[i]));
	json_object_set_new(json, "bursts", bursts);
	json_object_set_new(json, "busy", json_real(busy_share(now, before, number)));
	json_object_set_new(json, "worst_loop_us", json_real(us(now, worker->worst_loop_ticks)));
	json_object_set_new(
		json, "worst_answer_us", json_real(us(now, worker->worst_answer_ticks)));
	return json;
}

/* Sums over all workers: their tables are one to whoever reads. */
struct fill {
	uint64_t flows, flows_most, flow_limit, held, held_most, hold_limit;
};

static struct fill fill_of(const struct box_counters *counters)
{
	struct fill fill = {0};

	for (unsigned i = 0; i < counters->worker_count; i++) {
		const struct worker_counters *worker = &counters->workers[i];

		fill.flows += worker->flows;
		fill.flows_most += worker->flows_most;
		fill.flow_limit += worker->flow_limit;
		fill.held += worker->held;
		fill.held_most += worker->held_most;
		fill.hold_limit += worker->hold_limit;
	}
	return fill;
}

static void put_fill(json_t *root, const struct box_counters *counters)
{
	struct fill fill = fill_of(counters);
	json_t *flows = json_object_get(root, "flows");

	json_object_set_new(flows, "live", json_integer((json_int_t)fill.flows));
	json_object_set_new(flows, "most", json_integer((json_int_t)fill.flows_most));
	json_object_set_new(flows, "limit", json_integer((json_int_t)fill.flow_limit));
	json_object_set_new(root, "hold",
		json_pack("{s:I, s:I, s:I}", "held", (json_int_t)fill.held, "most",
			(json_int_t)fill.held_most, "limit", (json_int_t)fill.hold_limit));
	json_object_set_new(root, "buffers",
		json_pack("{s:I, s:I, s:I}", "total", (json_int_t)counters->buffers, "free",
			(json_int_t)counters->buffers_free, "free_least",
			(json_int_t)counters->buffers_free_least));
}

json_t *summary_json(const struct snapshot *now, const struct snapshot *before)
{
	json_t *root = counters_json(&now->counters.sum, now->rules, now->rule_count, true);
	json_t *rules = json_object_get(root, "rules"), *workers = json_array();
	struct pace pace = pace_of_all(now, before);

	json_object_set_new(root, "lab", json_string(now->lab));
	json_object_set_new(root, "ruleset", json_string(now->ruleset));
	json_object_set_new(root, "time_ns", json_integer((json_int_t)now->counters.time_ns));
	if (pace.seconds > 0)
		json_object_set_new(root, "interval_ns",
			json_integer(
				(json_int_t)(now->counters.time_ns - before->counters.time_ns)));
	put_rate(root, &pace);
	put_ports(root, now, before);
	for (uint32_t rule = 0; rule < now->rule_count; rule++) {
		pace = pace_of_rule(now, before, rule);
		put_rate(json_object_get(rules, now->rules[rule].id), &pace);
	}
	put_fill(root, &now->counters);
	for (unsigned i = 0; i < now->counters.worker_count; i++)
		json_array_append_new(workers, worker_json(now, before, i));
	json_object_set_new(root, "workers", workers);
	return root;
}

/* A table */

static void print_row(const char *what, const struct pace *pace, FILE *out)
{
	const struct fates *now = &pace->now, *before = &pace->before;
	uint64_t dropped = 0;

	for (int drop = DROP_NONE + 1; drop < DROP_COUNT; drop++)
		dropped += now->dropped[drop].packets;
	fprintf(out, "%-28.28s %12" PRIu64 " %12" PRIu64 " %8" PRIu64 " %10" PRIu64, what,
		now->received.packets, now->forwarded.packets, now->held.packets, dropped);
	if (pace->seconds > 0)
		fprintf(out, " %10.0f %10.3f %10.3f",
			per_second(pace, now->received.packets, before->received.packets),
			8e-6 * per_second(pace, now->received.bytes, before->received.bytes),
			8e-6 * per_second(pace, now->forwarded.bytes, before->forwarded.bytes));
	fputc('\n', out);
}

static void print_rows(const struct snapshot *now, const struct snapshot *before, FILE *out)
{
	struct pace pace = pace_of_all(now, before);
	char what[160];

	fprintf(out, "%-28s %12s %12s %8s %10s", "", "received", "forwarded", "held", "dropped");
	if (pace.seconds > 0)
		fprintf(out, " %10s %10s %10s", "packets/s", "Mbit/s in", "Mbit/s out");
	fputc('\n', out);
	print_row("all", &pace, out);
	for (uint32_t port = 0; port < now->counters.sum.port_count; port++) {
		pace = pace_of_port(now, before, port);
		snprintf(what, sizeof(what), "port %u %s", port, now->ports[port]);
		print_row(what, &pace, out);
	}
	for (uint32_t rule = 0; rule < now->rule_count; rule++) {
		pace = pace_of_rule(now, before, rule);
		snprintf(what, sizeof(what), "rule %s", now->rules[rule].id);
		print_row(what, &pace, out);
	}
}

static void print_drops(const struct counters *sum, FILE *out)
{
	struct fates total = counters_total(sum);
	const char *separator = "dropped by";

	for (int drop = DROP_NONE + 1; drop < DROP_COUNT; drop++) {
		if (!total.dropped[drop].packets)
			continue;
		fprintf(out, "%s %s %" PRIu64, separator, drop_words[drop],
			total.dropped[drop].packets);
		separator = ",";
	}
	if (*separator == ',')
		fputc('\n', out);
}

/* What happened beside the packets' fates, when it did. */
static void print_events(const struct counters *sum, FILE *out)
{
	const char *separator = "";

	for (int event = 0; event < EVENT_COUNT; event++) {
		if (!sum->events[event])
			continue;
		fprintf(out, "%s%s.%s %" PRIu64, separator, counter_event_names[event].group,
			counter_event_names[event].word, sum->events[event]);
		separator = ", ";
	}
	if (*separator)
		fputc('\n', out);
}

static void print_worker(
	const struct snapshot *now, const struct snapshot *before, unsigned number, FILE *out)
{
	const struct worker_counters *worker = &now->counters.workers[number];

	fprintf(out, "worker %u: %.1f %% busy, worst loop %.1f us, bursts of", number,
		100 * busy_share(now, before, number),
		us(now, now->counters.workers[number].worst_loop_ticks));
	for (int i = 0; i < BURST_SIZES; i++)
		fprintf(out, "%s %s: %" PRIu64, i ? "," : "", burst_words[i] + strlen("bursts_"),
			worker->bursts[i]);
	if (worker->handed_over || worker->taken_over)
		fprintf(out, "; handed over %" PRIu64 ", taken over %" PRIu64, worker->handed_over,
			worker->taken_over);
	fputc('\n', out);
}

void summary_print(const struct snapshot *now, const struct snapshot *before, FILE *out)
{
	const struct box_counters *counters = &now->counters;
	struct fill fill = fill_of(counters);

	print_rows(now, before, out);
	print_drops(&counters->sum, out);
	print_events(&counters->sum, out);
	fprintf(out,
		"flows %" PRIu64 " of %" PRIu64 " (most %" PRIu64 "), held %" PRIu64 " of %" PRIu64
		" (most %" PRIu64 "), buffers free %" PRIu64 " of %" PRIu64 " (least %" PRIu64
		")\n",
		fill.flows, fill.flow_limit, fill.flows_most, fill.held, fill.hold_limit,
		fill.held_most, counters->buffers_free, counters->buffers,
		counters->buffers_free_least);
	for (unsigned i = 0; i < counters->worker_count; i++)
		print_worker(now, before, i, out);
	for (uint32_t port = 0; port < counters->sum.port_count; port++) {
		if (counters->kernel[port].serves)
			kernel_paths_print(port, &counters->kernel[port], out);
	}
}
