/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows that cross in the kernel, each for a limited time: then its packets come to user space
 * again, where its state is kept fresh, and it may be offered anew. A lease also ends, by itself
 * and at once, for a direction in which a SYN, FIN or RST comes. One thread, the control thread.
 */
#ifndef SLUICE_LEASES_H
#define SLUICE_LEASES_H

#include "dataplane/xdp/steer.h"

struct leases;

struct leases *leases_new(void); /* NULL: out of memory */
void leases_free(struct leases *leases);

/* `flow` as it comes in by `here`, whose other port is `there`; both directions cross in the kernel
 * until then. Nothing happens when one of the two cannot redirect, or there is no room. */
void leases_grant(struct leases *leases, struct steer *here, struct steer *there,
	const struct steer_flow *flow, uint64_t until_ns);

/* Ends those whose time is up; UINT64_MAX: all. */
void leases_end(struct leases *leases, uint64_t now_ns);

#endif
