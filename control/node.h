/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A live box as a node of a lab: a thread of its own keeps to Redis, so that neither workers nor
 * the control thread ever wait for it. It hears of new versions, fetches, checks and compiles them,
 * asks the control thread to put them in force, keeps the last good ones on disk, and says where it
 * stands (standing.h). Whatever becomes of Redis, the rules in force stay until a document takes
 * their place that is whole and good; an emptied Redis has none.
 */
#ifndef SLUICE_NODE_H
#define SLUICE_NODE_H

#include "mailbox.h"
#include "redis_options.h"

struct node_options {
	struct redis_target target;
	char name[LAB_SIZE];
	const char *folder;  /* of the last good rules */
	uint64_t publish_ns; /* interval of counters */
};

struct node;

/* NULL with *failure set. */
struct node *node_new(const struct node_options *options, struct failure *failure);

/* What the thread asks; the control thread answers until node_end(). */
struct mailbox *node_mailbox(const struct node *node);

/* The last good rules; none at all when there are none or they cannot be read, which is told. */
struct rules *node_first_rules(struct node *node, struct failure *failure);

/* Starts the thread. */
bool node_begin(struct node *node, struct failure *failure);

/* No request is answered any more; writes the last numbers (NULL: there are none) if Redis takes
 * them at once, says good-bye and frees. A Redis that hangs is left alone after a while. NULL is
 * fine. */
void node_end(struct node *node, const struct snapshot *last);

#endif
