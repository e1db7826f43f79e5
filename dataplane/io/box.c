/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/box.h"

#include "dataplane/io/announce.h"
#include "dataplane/io/buffers.h"
#include "dataplane/io/crew.h"
#include "dataplane/io/kernel_side.h"
#include "dataplane/io/needs.h"
#include "dataplane/io/notes.h"
#include "dataplane/xdp/leases.h"

#include <stdlib.h>
#include <string.h>

/* A lease is shorter than half the silence after which user space forgets a flow. */
#define LEASE_MAX_NS (30ull * 1000 * 1000 * 1000)

/* Fewer may be in the hands of drivers. */
enum { SHORT_OF_BUFFERS = 64 };

struct box {
	struct box_options options;
	const struct ruleset *ruleset; /* in force */
	struct tsc *clock;
	struct rte_mempool *pool;
	unsigned buffers;
	bool short_of_buffers; /* as last noted */
	uint64_t buffers_free_least;
	struct port ports[BOX_PORTS_MAX];
	unsigned opened;
	struct crew *crew;
	struct leases *leases; /* NULL: no bypass */
	struct notes notes;
};

/* Opening */

static void note_pages(struct box *box, unsigned megabytes)
{
	notes_add(&box->notes,
		"%u MB of free huge pages are wanted and %u are there: ordinary memory is used, "
		"which is slower (doctor says how to have more)",
		megabytes, (unsigned)(eal_free_huge_bytes() >> 20));
}

static bool begin_memory(struct box *box, struct trouble *trouble)
{
	struct eal_options eal = box->options.eal;
	struct needs needs;
	bool fell_back = false;

	if (!needs_find(&box->options, &needs, trouble))
		return false;
	box->buffers = needs.buffers;
	if (!eal.memory_mb)
		eal.memory_mb = needs.memory_mb;
	eal.pci = needs.cards;
	eal.pci_count = needs.card_count;
	if (!eal_begin(&eal, &fell_back, trouble))
		return false;
	if (fell_back)
		note_pages(box, eal.memory_mb);
	box->pool = buffers_new(needs.buffers, needs.room, needs.card_count, trouble);
	return box->pool != NULL;
}

static bool open_ports(struct box *box, struct trouble *trouble)
{
	for (unsigned i = 0; i < box->options.port_count; i++) {
		struct port_options options = {
			.text = box->options.ports[i],
			.number = i,
			.queues = box->options.eal.core_count,
			.descriptors = NEEDS_DESCRIPTORS,
			.mtu = box->options.mtu,
			.promiscuous = true,
			.pool = box->pool,
		};
		struct port *port = &box->ports[i];

		box->opened = i + 1;
		if (!port_open(port, &options, trouble))
			return false;
		announce_port(&box->notes, port, i);
		if (i % 2)
			announce_pair(&box->notes, &box->ports[i - 1], i - 1);
	}
	return true;
}

static void note_kernel_side(struct box *box, unsigned i)
{
	char line[128];

	if (kernel_side_describe(&box->ports[i], line, sizeof(line)))
		notes_add(&box->notes, "port %u: %s: %s", i, box->ports[i].text, line);
}

static bool begin_kernel_side(struct box *box, struct trouble *trouble)
{
	const struct box_options *options = &box->options;

	if (!kernel_side_begin(box->ports, options->port_count, options->scope_list,
		    options->scope_count, options->bypass, trouble))
		return false;
	for (unsigned i = 0; i < options->port_count; i++)
		note_kernel_side(box, i);
	if (options->bypass)
		box->leases = leases_new();
	return !options->bypass || box->leases || trouble_set(trouble, true, "out of memory");
}

/* Whether the cards bring both directions of a flow to one worker. */
static bool cards_steer(const struct box *box)
{
	const struct box_options *options = &box->options;

	if (options->steering != STEER_FLOW)
		return false;
	for (unsigned i = 0; i < options->port_count; i++) {
		if (box->ports[i].rx_queues != options->eal.core_count ||
			!port_meets(&box->ports[0], &box->ports[i]))
			return false;
	}
	return true;
}

static bool begin_crew(struct box *box, struct trouble *trouble)
{
	unsigned workers = box->options.eal.core_count;
	bool steered = workers > 1 && cards_steer(box);

	if (workers > 1)
		notes_add(&box->notes, "%u workers: packets of one %s meet on one, %s", workers,
			box->options.steering == STEER_HOST ? "inside host" : "flow",
			steered ? "brought there by the cards' symmetric hash"
				: "handed over in software");
	box->crew = crew_new(&box->options, box->ports, box->clock, steered, trouble);
	return box->crew != NULL;
}

static bool begin_clock(struct box *box, struct trouble *trouble)
{
	box->clock = tsc_new();
	return box->clock ||
	       trouble_set(trouble, true, "the processor's time stamp counter is not invariant");
}

struct box *box_new(const struct box_options *options, char **said, struct trouble *trouble)
{
	struct box *box = calloc(1, sizeof(*box));

	*said = NULL;
	if (!box) {
		trouble_set(trouble, true, "out of memory");
		return NULL;
	}
	box->options = *options;
	box->ruleset = options->ruleset;
	if (begin_memory(box, trouble) && begin_clock(box, trouble) && open_ports(box, trouble) &&
		begin_crew(box, trouble) && begin_kernel_side(box, trouble)) {
		*said = notes_take(&box->notes);
		return box;
	}
	box_free(box);
	return NULL;
}

void box_free(struct box *box)
{
	if (!box)
		return;
	crew_free(box->crew);
	leases_free(box->leases);
	for (unsigned i = 0; i < box->opened; i++)
		port_close(&box->ports[i]);
	eal_end();
	tsc_free(box->clock);
	free(notes_take(&box->notes));
	free(box);
}

/* Seeing inside */

static void look_at_pool(struct box *box)
{
	uint64_t spare = rte_mempool_avail_count(box->pool);

	if (spare < box->buffers_free_least || !box->buffers_free_least)
		box->buffers_free_least = spare;
}

bool box_counters(struct box *box, struct box_counters *counters)
{
	struct tsc_line line = tsc_line(box->clock);
	bool good;

	memset(counters, 0, sizeof(*counters));
	good = crew_counters(box->crew, counters);
	look_at_pool(box);
	counters->time_ns = tsc_epoch_ns(box->clock) + tsc_ns(&line, tsc_now());
	counters->tsc_hz = tsc_hz(box->clock);
	for (unsigned i = 0; i < box->options.port_count; i++) {
		port_driver_counters(&box->ports[i], &counters->driver[i]);
		kernel_side_counters(&box->ports[i], &counters->kernel[i]);
	}
	counters->buffers = box->buffers;
	counters->buffers_free = rte_mempool_avail_count(box->pool);
	counters->buffers_free_least = box->buffers_free_least;
	return good;
}

void box_counters_end(struct box_counters *counters)
{
	counters_end(&counters->sum);
}

const struct tsc *box_clock(const struct box *box)
{
	return box->clock;
}

const struct pipeline *box_pipeline(const struct box *box)
{
	return crew_pipeline(box->crew);
}

/* Running */

static uint64_t lease_ns(const struct ruleset *ruleset)
{
	uint64_t shortest = LEASE_MAX_NS * 2;

	if (ruleset->idle_ns < shortest)
		shortest = ruleset->idle_ns;
	for (unsigned phase = 0; ruleset->timed && phase < PHASES; phase++) {
		if (ruleset->timeouts_ns[phase] < shortest)
			shortest = ruleset->timeouts_ns[phase];
	}
	return shortest / 2;
}

/* All offers that workers have made so far: accepted, or turned down. */
static void answer_offers(struct box *box, bool accept)
{
	struct tsc_line line = tsc_line(box->clock);
	uint64_t now_ns = tsc_ns(&line, tsc_now());
	struct offer offer;

	if (!box->leases)
		return;
	accept = accept && !box->ruleset->residual_count; /* a penalty may still catch them */
	leases_end(box->leases, accept ? now_ns : UINT64_MAX);
	while (crew_take_offer(box->crew, &offer)) {
		struct steer *here = box->ports[offer.port].steer;
		struct steer *there = box->ports[offer.port ^ 1].steer;

		if (accept && here && there)
			leases_grant(box->leases, here, there, &offer.flow,
				now_ns + lease_ns(box->ruleset));
	}
}

/* What the old rules left free may not be free by the new ones. */
void box_swap(struct box *box, const struct ruleset *ruleset)
{
	crew_swap(box->crew, ruleset);
	box->ruleset = ruleset;
	answer_offers(box, false);
}

static void note_shortage(struct box *box)
{
	bool short_of = rte_mempool_avail_count(box->pool) < SHORT_OF_BUFFERS;

	if (short_of && !box->short_of_buffers)
		notes_add(&box->notes,
			"all %u packet buffers are in use: what comes waits in the ports' rings, "
			"and is lost when they are full (--buffers)",
			box->buffers);
	box->short_of_buffers = short_of;
}

char *box_tend(struct box *box)
{
	tsc_refine(box->clock);
	look_at_pool(box);
	note_shortage(box);
	answer_offers(box, true);
	for (unsigned i = 0; i < box->options.port_count; i++) {
		struct port *port = &box->ports[i];

		if (port_poll_link(port))
			notes_add(&box->notes, "port %u: %s: link %s", i, port->text,
				port->link_up ? "up" : "down");
		if (kernel_side_tend(port))
			note_kernel_side(box, i);
	}
	return notes_take(&box->notes);
}

bool box_at_end(const struct box *box)
{
	return crew_at_end(box->crew);
}

void box_drain(struct box *box)
{
	crew_drain(box->crew);
}

bool box_is_drained(const struct box *box)
{
	return crew_is_drained(box->crew);
}

void box_stop(struct box *box)
{
	crew_stop(box->crew);
}
