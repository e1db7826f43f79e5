/* SPDX-License-Identifier: BSD-3-Clause */
/* The XDP program on an interface: whose it is, how it got there, and the descriptor of it that
 * dies with this process. Names in troubles are the interface's. */
#ifndef SLUICE_ATTACHMENT_H
#define SLUICE_ATTACHMENT_H

#include "dataplane/trouble.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attachment {
	const char *interface;
	unsigned index;
	int program;   /* descriptor; -1 none is attached */
	int link;      /* descriptor; -1 attached by netlink, which outlives us */
	uint32_t mode; /* XDP_FLAGS_DRV_MODE and so on */
	char name[16]; /* of the program */
};

/* What is attached now. False with *trouble set: no such interface, not permitted. */
bool attachment_find(struct attachment *attachment, const char *interface, struct trouble *trouble);

/* Detaches what attachment_find() found, if it was attached by netlink and is there still. */
bool attachment_remove(struct attachment *attachment, struct trouble *trouble);

/* From netlink's attachment, which outlives us, to a link, which does not. The kernel cannot do
 * this in one step: in between nothing is attached. */
bool attachment_own(struct attachment *attachment, struct trouble *trouble);

/* Descriptors of the program's maps, by name; -1 where there is none. The caller closes. */
bool attachment_maps(const struct attachment *attachment, const char *const names[], int maps[],
	size_t count, struct trouble *trouble);

void attachment_close(struct attachment *attachment); /* detaches when we own it */

#endif
