/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which rules a node has, and which Redis says it should have: what is new is fetched, checked,
 * compiled and handed to the control thread, and what became of it is where the node stands. Used
 * by the node's thread alone.
 */
#ifndef SLUICE_FOLLOWER_H
#define SLUICE_FOLLOWER_H

#include "mailbox.h"
#include "standing.h"

#include <limits.h>

struct follower {
	struct mailbox *mailbox;
	char path[PATH_MAX]; /* of the last good rules */
	struct standing standing;
	uint64_t seen; /* version that needs no second look, with its digest */
	char seen_sha256[65];
};

/* The last good rules; none at all when there are none or they cannot be read, which is told. NULL
 * with *failure set. */
struct rules *follower_first_rules(struct follower *follower, struct failure *failure);

/* Looks at the version and does what is to be done. False with *failure set when Redis does not
 * answer; bad documents are told, and part of where it stands. */
bool follower_look(struct follower *follower, struct redis *redis, struct failure *failure);

#endif
