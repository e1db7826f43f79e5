/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the Redis thread of a node asks its control thread for: that rules be put in force, and for
 * numbers. One request at a time; who asks waits, the control thread never does.
 */
#ifndef SLUICE_MAILBOX_H
#define SLUICE_MAILBOX_H

#include "failure.h"
#include "rules.h"

#include "dataplane/io/snapshot.h"

enum request_kind { REQUEST_RULES, REQUEST_NUMBERS };

struct request {
	enum request_kind kind;
	struct rules *rules;      /* REQUEST_RULES: the control thread's when all was well */
	struct snapshot *numbers; /* REQUEST_NUMBERS: filled when all was well; the asker ends it */
	struct failure failure;   /* why not */
};

struct mailbox;

struct mailbox *mailbox_new(void);          /* NULL: no memory, no descriptors */
void mailbox_free(struct mailbox *mailbox); /* NULL is fine; nobody waits any more */

/* Returns when the request has been answered: true when all was well. When the mailbox is closed
 * fails at once. */
bool mailbox_ask(struct mailbox *mailbox, struct request *request);

/* For the control thread: readable when there is a request; take it, answer it. */
int mailbox_fd(const struct mailbox *mailbox);
struct request *mailbox_take(struct mailbox *mailbox); /* NULL: there is none */
void mailbox_answer(struct mailbox *mailbox, struct request *request);

/* No request is answered any more; whoever waits fails. */
void mailbox_close(struct mailbox *mailbox);

#endif
