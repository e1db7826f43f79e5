/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread of a live box while it runs: it tends the box, reads the rules again on
 * SIGHUP, does what a node of a lab asks, and ends the run on SIGINT, SIGTERM, after a time, or at
 * the end of all input.
 */
#ifndef SLUICE_SERVICE_H
#define SLUICE_SERVICE_H

#include "choice.h"
#include "mailbox.h"
#include "readings.h"

#include "dataplane/io/box.h"

struct service {
	struct box *box;
	struct readings readings;
	const struct choice *choice; /* to read again; without rules when nothing was chosen */
	struct rules *rules;         /* in force; exchanged when they are read again */
	struct mailbox *mailbox;     /* what the node's thread asks; NULL: no node */
	bool by_host;                /* buckets per inside-host are exact */
	uint64_t duration_ns;        /* stop after this time, 0 never */
	uint64_t idle_ns;            /* stop when nothing has come for so long, 0 never */
	uint64_t drain_ns;           /* send what is held for so long when stopping */
	uint64_t ran_ns;             /* how long it took, when it is over */
	int signals;                 /* descriptor, while it runs */
};

/* Before the box is made, so that its threads leave these signals to the control thread. */
void service_take_signals(void);

/* Returns when the box has stopped. A second SIGINT or SIGTERM ends the draining at once. */
void service_run(struct service *service);

/* Prints what the box finds worth telling, line by line, and frees it. */
void service_tell(char *lines);

/* Whether a ruleset keeps buckets per inside host. */
bool service_wants_hosts(const struct ruleset *ruleset);

#endif
