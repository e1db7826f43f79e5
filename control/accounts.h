/* SPDX-License-Identifier: BSD-3-Clause */
/* The accounts of a node's rules, found by a rule's id. Zeroed, it is empty. */
#ifndef SLUICE_ACCOUNTS_H
#define SLUICE_ACCOUNTS_H

#include "account.h"

struct accounts {
	struct account **rows; /* owned; the first `sorted` by name */
	size_t count, room, sorted;
};

/* Only among those that are sorted; NULL: not there. */
struct account *accounts_find(const struct accounts *accounts, const char *name);

/* A new one, with the key PREFIXrule:NAME; found after accounts_sort(). NULL: no memory. */
struct account *accounts_add(struct accounts *accounts, const char *prefix, const char *name);
void accounts_sort(struct accounts *accounts);

/* Frees those whose key is empty. */
void accounts_prune(struct accounts *accounts);
void accounts_end(struct accounts *accounts); /* empty again */

#endif
