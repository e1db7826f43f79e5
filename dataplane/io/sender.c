/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/sender.h"

#include "dataplane/io/buffers.h"
#include "dataplane/io/needs.h"
#include "dataplane/io/tsc.h"

#include <rte_ethdev.h>
#include <rte_pause.h>
#include <stdlib.h>
#include <string.h>

enum {
	AHEAD = 32,
	LEAD_NS = 1000 * 1000, /* from the start of the worker to the first deadline */
	REFILL_NS = 2000,      /* no frame is copied when a packet is due sooner */
};

struct sender {
	struct sender_options options;
	struct tsc *clock;
	struct rte_mempool *pool;
	struct port port;
	bool stop, over; /* between threads */
	uint64_t next;   /* packet of all passes that is made ready next */
	unsigned ready;  /* packets that wait in order of their deadlines */
	struct rte_mbuf *packets[AHEAD];
	uint64_t due_ns[AHEAD];
	uint64_t start_ns;
	bool calm;
	struct sender_counts counts;
	struct punctuality punctuality;
};

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static uint64_t now_ns(const struct sender *sender)
{
	struct tsc_line line = tsc_line(sender->clock);

	return tsc_ns(&line, tsc_now());
}

static void count_done(struct sender *sender, unsigned packets)
{
	__atomic_store_n(&sender->counts.done, sender->counts.done + packets, __ATOMIC_RELAXED);
}

/* Copies the next frame into a buffer. False when it has to wait for one. */
static bool make_ready(struct sender *sender)
{
	const struct sender_options *of = &sender->options;
	uint64_t pass = sender->next / of->count;
	const struct parcel *parcel = &of->parcels[sender->next % of->count];
	struct rte_mbuf *packet = rte_pktmbuf_alloc(sender->pool);
	uint8_t *frame;

	if (!packet)
		return false;
	sender->next++;
	frame = (uint8_t *)rte_pktmbuf_append(packet, parcel->bytes);
	if (!frame || parcel->bytes > sender->port.longest) {
		sender->counts.too_long++;
	} else {
		memcpy(frame, parcel->data, parcel->bytes);
		if (!of->prepare || of->prepare(of->context, pass, parcel, frame)) {
			sender->due_ns[sender->ready] =
				sender->start_ns + pace_due(&of->pace, pass, parcel->position);
			sender->packets[sender->ready++] = packet;
			return true;
		}
		sender->counts.refused++;
	}
	rte_pktmbuf_free(packet);
	count_done(sender, 1);
	return true;
}

static void refill(struct sender *sender)
{
	while (sender->ready < AHEAD && sender->next < sender->options.packets) {
		if (sender->ready && now_ns(sender) + REFILL_NS > sender->due_ns[0] &&
			sender->options.pace.kind != PACE_FLAT)
			return;
		if (is_set(&sender->stop) || !make_ready(sender))
			return;
	}
}

/* Watches the clock until the first packet is due; the time then. */
static uint64_t await(struct sender *sender)
{
	uint64_t before = now_ns(sender), now = before;

	if (before < sender->due_ns[0])
		sender->calm = true;
	while (now < sender->due_ns[0] && !is_set(&sender->stop)) {
		rte_pause();
		now = now_ns(sender);
		if (now - before > PUNCTUALITY_STALL_NS) {
			punctuality_stall(&sender->punctuality, now - before);
			sender->calm = now < sender->due_ns[0];
		}
		before = now;
	}
	return now;
}

static void note_departure(struct sender *sender, unsigned i, uint32_t bytes, uint64_t at_ns)
{
	const struct parcel sent = {.bytes = (uint16_t)bytes};

	sender->counts.sent++;
	sender->counts.bytes += bytes;
	sender->counts.wire_bytes += parcel_wire_bytes(&sent);
	sender->counts.ran_ns = at_ns - sender->start_ns;
	if (sender->options.pace.kind != PACE_FLAT)
		punctuality_add(&sender->punctuality, sender->due_ns[i], at_ns, sender->calm);
}

/* The first `count` packets; what the port does not take in time is dropped. */
static void depart(struct sender *sender, unsigned count, uint64_t since_ns)
{
	uint32_t bytes[AHEAD];
	unsigned sent = 0;

	for (unsigned i = 0; i < count; i++)
		bytes[i] = rte_pktmbuf_pkt_len(sender->packets[i]);
	while (sent < count) {
		unsigned now =
			rte_eth_tx_burst(sender->port.id, 0, sender->packets + sent, count - sent);
		uint64_t at_ns = now_ns(sender);

		for (unsigned i = sent; i < sent + now; i++)
			note_departure(sender, i, bytes[i], at_ns);
		sent += now;
		if (now)
			since_ns = at_ns;
		else if (at_ns - since_ns > SENDER_FULL_NS || is_set(&sender->stop))
			break;
	}
	sender->counts.full += count - sent;
	for (unsigned i = sent; i < count; i++)
		rte_pktmbuf_free(sender->packets[i]);
	count_done(sender, count);
	sender->ready -= count;
	memmove(sender->packets, sender->packets + count,
		sender->ready * sizeof(sender->packets[0]));
	memmove(sender->due_ns, sender->due_ns + count, sender->ready * sizeof(sender->due_ns[0]));
}

static unsigned due_together(const struct sender *sender, uint64_t now)
{
	uint64_t until = sender->due_ns[0] + SENDER_TOGETHER_NS;
	unsigned count = 1;

	if (now > until)
		until = now;
	while (count < sender->ready && sender->due_ns[count] <= until)
		count++;
	return count;
}

static int work(void *context)
{
	struct sender *sender = context;
	uint64_t limit = sender->options.duration_ns, now;

	sender->start_ns = now_ns(sender) + LEAD_NS;
	while (!is_set(&sender->stop)) {
		refill(sender);
		if (!sender->ready) {
			if (sender->next >= sender->options.packets)
				break;
			continue; /* the driver still has all buffers */
		}
		now = await(sender);
		if (is_set(&sender->stop) || (limit && now >= sender->start_ns + limit &&
						     sender->options.pace.kind == PACE_FLAT))
			break;
		depart(sender, due_together(sender, now), now);
	}
	rte_pktmbuf_free_bulk(sender->packets, sender->ready);
	__atomic_store_n(&sender->over, true, __ATOMIC_RELEASE);
	return 0;
}

static bool begin_memory(struct sender *sender, bool *fell_back, struct trouble *trouble)
{
	struct eal_options eal = sender->options.eal;
	struct box_options wants = {.eal = eal,
		.ports = &sender->options.port,
		.port_count = 1,
		.mtu = 1500,
		.hold = AHEAD};
	struct needs needs;

	if (!needs_find(&wants, &needs, trouble))
		return false;
	for (size_t i = 0; i < sender->options.count; i++) {
		if (sender->options.parcels[i].bytes > needs.room)
			needs.room = sender->options.parcels[i].bytes;
	}
	eal.memory_mb = buffers_megabytes(needs.buffers, needs.room) + needs.memory_mb;
	eal.pci = needs.cards;
	eal.pci_count = needs.card_count;
	if (!eal_begin(&eal, fell_back, trouble))
		return false;
	sender->pool = buffers_new(needs.buffers, needs.room, needs.card_count, trouble);
	sender->clock = tsc_new();
	if (!sender->clock)
		trouble_set(trouble, true, "the processor's time stamp counter is not invariant");
	return sender->pool && sender->clock;
}

static bool open_port(struct sender *sender, struct trouble *trouble)
{
	const struct port_options options = {.text = sender->options.port,
		.queues = 1,
		.descriptors = NEEDS_DESCRIPTORS,
		.mtu = 1500,
		.pool = sender->pool};

	if (!port_open(&sender->port, &options, trouble))
		return false;
	return sender->port.link_up ||
	       trouble_set(trouble, true, "port %s: no link", sender->options.port);
}

struct sender *sender_new(
	const struct sender_options *options, bool *fell_back, struct trouble *trouble)
{
	struct sender *sender = calloc(1, sizeof(*sender));

	if (!sender) {
		trouble_set(trouble, true, "out of memory");
		return NULL;
	}
	sender->options = *options;
	sender->port.promiscuity = -1;
	if (begin_memory(sender, fell_back, trouble) && open_port(sender, trouble))
		return sender;
	sender_free(sender);
	return NULL;
}

void sender_free(struct sender *sender)
{
	if (!sender)
		return;
	port_close(&sender->port);
	eal_end();
	tsc_free(sender->clock);
	free(sender);
}

bool sender_start(struct sender *sender)
{
	return eal_launch(0, work, sender);
}

void sender_stop(struct sender *sender)
{
	__atomic_store_n(&sender->stop, true, __ATOMIC_RELEASE);
}

void sender_wait(struct sender *sender)
{
	eal_wait();
}

bool sender_is_done(const struct sender *sender)
{
	return is_set(&sender->over);
}

uint64_t sender_done(const struct sender *sender)
{
	return __atomic_load_n(&sender->counts.done, __ATOMIC_RELAXED);
}

void sender_tend(struct sender *sender)
{
	tsc_refine(sender->clock);
}

const struct sender_counts *sender_counts(const struct sender *sender)
{
	return &sender->counts;
}

const struct punctuality *sender_punctuality(const struct sender *sender)
{
	return &sender->punctuality;
}
