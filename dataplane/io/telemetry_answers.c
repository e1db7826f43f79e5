/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/telemetry_answers.h"

#include "dataplane/xdp/steer.h"

#include <rte_version.h>
#include <stdio.h>

/* Parts */

static void put_drops(struct page *page, const char *name, const struct fates *fates, bool bytes)
{
	struct page drops = page_open(page);

	for (int drop = DROP_NONE + 1; drop < DROP_COUNT; drop++)
		page_number(&drops, drop_words[drop],
			bytes ? fates->dropped[drop].bytes : fates->dropped[drop].packets);
	page_close(page, name, &drops);
}

static void put_fates(struct page *page, const struct fates *fates)
{
	page_number(page, "received", fates->received.packets);
	page_number(page, "forwarded", fates->forwarded.packets);
	page_number(page, "held", fates->held.packets);
	put_drops(page, "dropped", fates, false);
	page_number(page, "received_bytes", fates->received.bytes);
	page_number(page, "forwarded_bytes", fates->forwarded.bytes);
	page_number(page, "held_bytes", fates->held.bytes);
	put_drops(page, "dropped_bytes", fates, true);
}

static void put_rule(struct page *page, const struct snapshot *snapshot, uint32_t rule)
{
	struct fates fates = snapshot_fates(snapshot, rule);

	page_text(page, "id", snapshot->rules[rule].id);
	put_fates(page, &fates);
}

static void put_driver(struct page *page, const struct port_driver_counters *driver)
{
	struct page inside = page_open(page);

	page_number(&inside, "rx_packets", driver->rx_packets);
	page_number(&inside, "tx_packets", driver->tx_packets);
	page_number(&inside, "rx_bytes", driver->rx_bytes);
	page_number(&inside, "tx_bytes", driver->tx_bytes);
	page_number(&inside, "rx_missed", driver->rx_missed);
	page_number(&inside, "rx_errors", driver->rx_errors);
	page_number(&inside, "rx_no_buffer", driver->rx_no_buffer);
	page_number(&inside, "tx_errors", driver->tx_errors);
	page_close(page, "driver", &inside);
}

/* What the program on an xdp: port did with all frames, not only with those workers saw. */
static void put_kernel(struct page *page, const struct steer_counters *kernel)
{
	struct page inside = page_open(page), bytes = page_open(page), losses = page_open(page);

	for (int path = 0; path < STEER_PATH_COUNT; path++) {
		page_number(&inside, steer_path_words[path], kernel->paths[path].packets);
		page_number(&bytes, steer_path_words[path], kernel->paths[path].bytes);
	}
	page_close(page, "kernel", &inside);
	page_close(page, "kernel_bytes", &bytes);
	page_number(&losses, "known", kernel->losses.known);
	page_number(&losses, "to_user", kernel->losses.to_user);
	page_number(&losses, "to_other", kernel->losses.to_other);
	page_close(page, "kernel_lost", &losses);
}

static void put_port(struct page *page, const struct snapshot *snapshot, uint32_t port)
{
	page_text(page, "port", snapshot->ports[port]);
	put_fates(page, &snapshot->counters.sum.ports[port]);
	put_driver(page, &snapshot->counters.driver[port]);
	if (snapshot->counters.kernel[port].serves)
		put_kernel(page, &snapshot->counters.kernel[port]);
}

static void put_worker(struct page *page, const struct snapshot *snapshot, uint32_t number)
{
	const struct worker_counters *worker = &snapshot->counters.workers[number];

#define X(name) page_number(page, #name, worker->name);
	WORKER_NUMBERS(X)
#undef X
	for (int i = 0; i < BURST_SIZES; i++)
		page_number(page, burst_words[i], worker->bursts[i]);
}

/* Whole answers. `first` matters to those that come in pages. */

static void answer_list(struct page *page, const struct snapshot *snapshot, uint32_t first)
{
	struct page ports;
	char number[16];

	page_text(page, "sluice", SLUICE_VERSION);
	page_text(page, "dpdk", rte_version());
	page_text(page, "lab", snapshot->lab);
	page_text(page, "ruleset", snapshot->ruleset);
	page_number(page, "tsc_hz", (uint64_t)snapshot->counters.tsc_hz);
	page_number(page, "rules", snapshot->rule_count);
	page_number(page, "workers", snapshot->counters.worker_count);
	ports = page_open(page);
	for (uint32_t port = 0; port < snapshot->counters.sum.port_count; port++) {
		snprintf(number, sizeof(number), "%u", port);
		page_text(&ports, number, snapshot->ports[port]);
	}
	page_close(page, "ports", &ports);
}

static void answer_drops(struct page *page, const struct snapshot *snapshot, uint32_t first)
{
	struct fates total = counters_total(&snapshot->counters.sum);

	put_fates(page, &total);
}

static void answer_flows(struct page *page, const struct snapshot *snapshot, uint32_t first)
{
	uint64_t live = 0, most = 0, limit = 0;

	for (unsigned i = 0; i < snapshot->counters.worker_count; i++) {
		live += snapshot->counters.workers[i].flows;
		most += snapshot->counters.workers[i].flows_most;
		limit += snapshot->counters.workers[i].flow_limit;
	}
	page_number(page, "live", live);
	page_number(page, "most", most);
	page_number(page, "limit", limit);
	for (int event = 0; event < EVENT_COUNT; event++)
		page_number(page, counter_event_names[event].word,
			snapshot->counters.sum.events[event]);
}

static void answer_pools(struct page *page, const struct snapshot *snapshot, uint32_t first)
{
	uint64_t held = 0, most = 0, limit = 0;

	for (unsigned i = 0; i < snapshot->counters.worker_count; i++) {
		held += snapshot->counters.workers[i].held;
		most += snapshot->counters.workers[i].held_most;
		limit += snapshot->counters.workers[i].hold_limit;
	}
	page_number(page, "buffers", snapshot->counters.buffers);
	page_number(page, "buffers_free", snapshot->counters.buffers_free);
	page_number(page, "buffers_free_least", snapshot->counters.buffers_free_least);
	page_number(page, "held", held);
	page_number(page, "held_most", most);
	page_number(page, "hold_limit", limit);
}

typedef void (*put_item)(struct page *page, const struct snapshot *snapshot, uint32_t item);

/* As many items as fit, from the first on, and where to go on. */
static void put_items(struct page *page, const struct snapshot *snapshot, const char *name,
	put_item put, uint32_t first, uint32_t count)
{
	struct page items = page_open(page);

	for (; first < count; first++) {
		struct page measured = {0}, inside;
		char number[16];

		snprintf(number, sizeof(number), "%u", first);
		put(&measured, snapshot, first);
		if (!page_fits(&items, number, &measured))
			break;
		inside = page_open(page);
		put(&inside, snapshot, first);
		page_close(&items, number, &inside);
	}
	page_close(page, name, &items);
	if (first < count)
		page_number(page, "next", first);
}

static void answer_ports(struct page *page, const struct snapshot *snapshot, uint32_t first)
{
	put_items(page, snapshot, "ports", put_port, first, snapshot->counters.sum.port_count);
}

static void answer_rules(struct page *page, const struct snapshot *snapshot, uint32_t first)
{
	put_items(page, snapshot, "rules", put_rule, first, snapshot->rule_count);
}

static void answer_workers(struct page *page, const struct snapshot *snapshot, uint32_t first)
{
	put_items(page, snapshot, "workers", put_worker, first, snapshot->counters.worker_count);
}

const struct telemetry_endpoint telemetry_endpoints[] = {
	{"/sluice/list", "Version, lab, ruleset, ports", false, answer_list},
	{"/sluice/drops", "All packets by fate. Parameters: [snapshot]", false, answer_drops},
	{"/sluice/ports", "Packets by port. Parameters: [first[,snapshot]]", true, answer_ports},
	{"/sluice/rules", "Packets by rule. Parameters: [first[,snapshot]]", true, answer_rules},
	{"/sluice/workers", "Loops of workers. Parameters: [first[,snapshot]]", true,
		answer_workers},
	{"/sluice/flows", "Flow tables and parsing. Parameters: [snapshot]", false, answer_flows},
	{"/sluice/pools", "Buffers and held packets. Parameters: [snapshot]", false, answer_pools},
	{NULL, NULL, false, NULL},
};
