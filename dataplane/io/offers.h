/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows that a worker has found free for good and offers to the kernel, on their way to the control
 * thread. One thread puts, one takes; nobody waits, and an offer that finds no room is forgotten: a
 * flow that goes on is offered again.
 */
#ifndef SLUICE_OFFERS_H
#define SLUICE_OFFERS_H

#include "classifiers/packet.h"
#include "dataplane/verdict.h"
#include "dataplane/xdp/steer_maps.h"

#include <stdbool.h>

struct offer {
	struct steer_flow flow; /* as its frames come in by that port */
	uint16_t port;
};

struct offers;

struct offers *offers_new(void); /* NULL: out of memory */
void offers_free(struct offers *offers);

/* Whether this packet is one at which its flow is offered: no rule will ever touch the flow, the
 * kernel's program knows such flows, and it is worth it (a few packets have come, and again now
 * and then). */
bool offers_want(const struct packet *packet, const struct verdict *verdict);

void offers_put(struct offers *offers, const struct packet *packet);
bool offers_take(struct offers *offers, struct offer *offer); /* false: there is none */

#endif
