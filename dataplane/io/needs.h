/* SPDX-License-Identifier: BSD-3-Clause */
/* What a box needs, found out before DPDK begins: what is wrong with a port is said at once. */
#ifndef SLUICE_NEEDS_H
#define SLUICE_NEEDS_H

#include "dataplane/io/box.h"

struct needs {
	unsigned buffers;   /* packet buffers, as ports, queues, rings and hold ask for */
	unsigned room;      /* bytes of a frame that one must hold */
	unsigned memory_mb; /* that these take, and EAL beside them */
	const char *cards[BOX_PORTS_MAX];
	unsigned card_count;
};

enum { NEEDS_DESCRIPTORS = 1024 }; /* of a queue, each way */

/* False with *trouble set: a port is written wrong, missing, down, not permitted, or its MTU is
 * more than its kind can take. */
bool needs_find(const struct box_options *options, struct needs *needs, struct trouble *trouble);

#endif
