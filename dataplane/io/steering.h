/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker a packet belongs to, so that both directions of a flow meet. A pure function of the
 * packet: no card's hash is used, since the symmetric ones have 65,536 values at most.
 */
#ifndef SLUICE_STEERING_H
#define SLUICE_STEERING_H

#include "classifiers/packet.h"
#include "classifiers/prefixes.h"

enum steering {
	STEER_FLOW, /* by five-tuple */
	STEER_HOST, /* by inside address: buckets per inside-host are exact */
};

/* The worker, of `workers`, for a packet that arrived at worker `here`: packets without a flow stay
 * there. */
unsigned steer(enum steering steering, const struct prefixes *inside, const struct packet *packet,
	unsigned workers, unsigned here);

#endif
