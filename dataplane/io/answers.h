/* SPDX-License-Identifier: BSD-3-Clause */
/* What a box makes in answer to a packet (dataplane/reset.h), in packet buffers. */
#ifndef SLUICE_ANSWERS_H
#define SLUICE_ANSWERS_H

#include "dataplane/pipeline.h"
#include "dataplane/reset.h"

#include <rte_mbuf.h>

enum { ANSWERS_MAX = 2 * RESETS_MAX };

/* Those that verdict->reset asks for, with their buffer_held(); how many. Less than it asks for
 * when the pool is empty. The packet's frame is read, and not changed. */
unsigned answers_make(const struct verdict *verdict, const struct packet *packet,
	struct rte_mempool *pool, struct rte_mbuf *made[ANSWERS_MAX]);

#endif
