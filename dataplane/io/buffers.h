/* SPDX-License-Identifier: BSD-3-Clause */
/* The pool of packet buffers that all ports and workers share, and what a worker keeps in one. */
#ifndef SLUICE_BUFFERS_H
#define SLUICE_BUFFERS_H

#include "dataplane/io/eal.h"
#include "dataplane/verdict.h"

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

/* `count` buffers, each with room for a frame of so many bytes, in one piece of memory as AF_XDP
 * needs it, unless they are for cards. NULL with *trouble set. */
struct rte_mempool *buffers_new(
	unsigned count, unsigned room, bool for_cards, struct trouble *trouble);

/* MB that buffers_new() will need. */
unsigned buffers_megabytes(unsigned count, unsigned room);

extern int buffers_held_at; /* offset of struct held in a buffer, set by buffers_new() */

static inline struct held *buffer_held(struct rte_mbuf *buffer)
{
	return RTE_MBUF_DYNFIELD(buffer, buffers_held_at, struct held *);
}

#endif
