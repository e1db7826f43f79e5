/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends parcels by one port when they are due. One worker watches the clock and copies each frame
 * into a packet buffer before its time; what is late leaves at once and the schedule stays. A
 * departure's time is that of the return from the driver.
 */
#ifndef SLUICE_SENDER_H
#define SLUICE_SENDER_H

#include "dataplane/io/pace.h"
#include "dataplane/io/port.h"
#include "dataplane/io/punctuality.h"

enum {
	SENDER_TOGETHER_NS = 50,      /* packets due so close to each other leave together */
	SENDER_FULL_NS = 1000 * 1000, /* a port that takes nothing for so long is full */
};

struct sender_options {
	struct eal_options eal; /* one core */
	const char *port;
	const struct parcel *parcels; /* laid out by `pace`; owned by the caller */
	size_t count;
	struct pace pace;
	uint64_t packets;     /* to send, of all passes; UINT64_MAX any number */
	uint64_t duration_ns; /* stop after it by the clock; 0 never */
	/* Changes a copy for its pass; called by the worker. False: it must not leave. NULL: none.
	 */
	bool (*prepare)(void *context, uint64_t pass, const struct parcel *parcel, uint8_t *frame);
	void *context;
};

struct sender_counts { /* done = sent + full + long + refused */
	uint64_t done, sent, full, too_long, refused;
	uint64_t bytes, wire_bytes; /* of what was sent */
	uint64_t ran_ns;            /* from the first deadline to the last departure */
};

struct sender;

/* Opens the port. NULL with *trouble set. *fell_back: no huge pages were there. */
struct sender *sender_new(
	const struct sender_options *options, bool *fell_back, struct trouble *trouble);
void sender_free(struct sender *sender);

bool sender_start(struct sender *sender);
void sender_stop(struct sender *sender); /* soon; any thread */
void sender_wait(struct sender *sender);

bool sender_is_done(const struct sender *sender);
uint64_t sender_done(const struct sender *sender); /* packets so far */
void sender_tend(struct sender *sender);           /* about once a second: keeps the clock right */

/* When it is done. */
const struct sender_counts *sender_counts(const struct sender *sender);
const struct punctuality *sender_punctuality(const struct sender *sender);

#endif
