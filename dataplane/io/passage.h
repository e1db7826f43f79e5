/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet's way through one worker: received, handed over to the worker it belongs to, judged by
 * the pipeline, then sent, held or dropped. One thread; never waits; no clock of its own.
 */
#ifndef SLUICE_PASSAGE_H
#define SLUICE_PASSAGE_H

#include "dataplane/io/box.h"
#include "dataplane/io/exchange.h"
#include "dataplane/io/offers.h"

struct passage_options {
	unsigned number, workers; /* this worker, and how many there are */
	const struct port *ports;
	unsigned port_count;
	const struct exchange *exchange;
	struct pipeline *pipeline; /* stays the caller's */
	const struct prefixes *inside;
	enum steering steering;
	uint32_t hold;         /* most packets held, as the pipeline's */
	struct offers *offers; /* of flows to the kernel; NULL: none are made */
	bool steered;          /* cards already bring both directions of a flow together */
};

struct passage;

struct passage *passage_new(const struct passage_options *options); /* NULL: out of memory */
void passage_free(struct passage *passage); /* what it holds goes back to the pool, uncounted */

/*
 * Steps of a loop. now_ns must not run backwards; each returns how many packets it moved. Packets
 * are sent by passage_send() at the latest, and only after it counters may be read.
 */
unsigned passage_release(struct passage *passage, uint64_t now_ns); /* held ones that are due */
unsigned passage_take_over(struct passage *passage, uint64_t now_ns);
unsigned passage_inlets(const struct passage *passage);
unsigned passage_receive(struct passage *passage, unsigned inlet, uint64_t now_ns);
unsigned passage_send(struct passage *passage);

/* Nothing held, nothing handed over to this worker, nothing of others to send. */
bool passage_is_empty(const struct passage *passage);
uint64_t passage_next_ns(const struct passage *passage); /* when something is due, UINT64_MAX */

/* All inputs are captures that have been read to their end. */
bool passage_at_end(const struct passage *passage);

/* Drops what is held and what others sent here, by name. */
void passage_drop(struct passage *passage);

/* Adds what it has seen: bursts, handed_over, taken_over. */
void passage_count(const struct passage *passage, struct worker_counters *counters);

#endif
