/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/box.h"

#include "dataplane/io/buffers.h"
#include "dataplane/io/crew.h"
#include "dataplane/io/kernel_side.h"
#include "dataplane/io/notes.h"

#include <stdlib.h>
#include <string.h>

enum {
	DESCRIPTORS = 1024,        /* of a queue, each way */
	KERNEL_DESCRIPTORS = 4096, /* that AF_XDP keeps beside them */
	SPARE_BUFFERS = 4096,      /* in bursts, rings and caches */
	DEFAULT_MTU = 1500,
};

struct box {
	struct box_options options;
	struct tsc *clock;
	struct rte_mempool *pool;
	unsigned buffers;
	uint64_t buffers_free_least;
	struct port ports[BOX_PORTS_MAX];
	unsigned opened;
	struct crew *crew;
	struct notes notes;
};

/* Opening */

static unsigned buffers_needed(const struct box_options *options)
{
	unsigned queues = options->port_count * options->eal.core_count;

	if (options->buffers)
		return options->buffers;
	return queues * (2 * DESCRIPTORS + KERNEL_DESCRIPTORS) + SPARE_BUFFERS + options->hold;
}

static bool begin_memory(struct box *box, struct trouble *trouble)
{
	struct eal_options eal = box->options.eal;
	unsigned mtu = box->options.mtu ? box->options.mtu : DEFAULT_MTU;
	const char *cards[BOX_PORTS_MAX];
	bool fell_back = false;

	box->buffers = buffers_needed(&box->options);
	if (!eal.memory_mb)
		eal.memory_mb = buffers_megabytes(box->buffers, mtu) + 64;
	eal.pci = cards;
	eal.pci_count = 0;
	for (unsigned i = 0; i < box->options.port_count; i++) {
		const char *rest;
		const struct port_kind *kind = port_parse(box->options.ports[i], &rest, trouble);

		if (!kind)
			return false;
		if (strcmp(kind->word, "pci") == 0)
			cards[eal.pci_count++] = rest;
	}
	if (!eal_begin(&eal, &fell_back, trouble))
		return false;
	if (fell_back)
		notes_add(&box->notes,
			"no %u MB of free huge pages: ordinary memory is used, which is slower "
			"(echo %u > /proc/sys/vm/nr_hugepages)",
			eal.memory_mb, eal.memory_mb / 2 + 1);
	box->pool = buffers_new(box->buffers, mtu, eal.pci_count, trouble);
	return box->pool != NULL;
}

static bool open_ports(struct box *box, struct trouble *trouble)
{
	for (unsigned i = 0; i < box->options.port_count; i++) {
		struct port_options options = {
			.text = box->options.ports[i],
			.number = i,
			.queues = box->options.eal.core_count,
			.descriptors = DESCRIPTORS,
			.mtu = box->options.mtu,
			.promiscuous = true,
			.pool = box->pool,
		};
		struct port *port = &box->ports[i];

		box->opened = i + 1;
		if (!port_open(port, &options, trouble))
			return false;
		notes_add(&box->notes, "port %u: %s, %s, MTU %u, %u queue%s, %s", i, port->text,
			i % 2 ? "outside" : "inside", port->mtu, port->rx_queues,
			port->rx_queues == 1 ? "" : "s", port->link_up ? "link up" : "no link");
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
	return true;
}

static bool begin_crew(struct box *box, struct trouble *trouble)
{
	box->crew = crew_new(&box->options, box->ports, box->clock, false, trouble);
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
	if (begin_clock(box, trouble) && begin_memory(box, trouble) && open_ports(box, trouble) &&
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

void box_swap(struct box *box, const struct ruleset *ruleset)
{
	crew_swap(box->crew, ruleset);
}

char *box_tend(struct box *box)
{
	tsc_refine(box->clock);
	look_at_pool(box);
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
