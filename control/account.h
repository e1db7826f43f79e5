/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One hash of a node's counters in Redis, and what is known to be there: ledger.h keeps many.
 */
#ifndef SLUICE_ACCOUNT_H
#define SLUICE_ACCOUNT_H

#include "redis_words.h"
#include "ruleset_store.h"

#include "dataplane/counters.h"

struct stamp {
	uint64_t epoch, seq, ts_ns, interval_ns;
};

struct account {
	char key[STORE_KEY_SIZE];
	const char *name;   /* a rule's id: the end of the key */
	struct fates past;  /* of earlier processes */
	struct fates now;   /* since the epoch */
	struct fates there; /* in Redis, when it is `written` */
	bool written;
	uint64_t seq;     /* batch in which it was in force */
	uint64_t gone_ns; /* since when it is not; 0: it is */
	unsigned fresh;   /* fields that the put before made */
};

/* Takes the hash of an earlier process as the past; of nothing, nothing. */
void account_recall(struct account *account, const struct redis_answer *hash);

/* The box says this. When it began anew (a rule that came back), what it had said is past. True
 * when there is something to put. */
bool account_count(struct account *account, const struct fates *fates);

/* One HSET with what is not there yet, and with `more` when it is not NULL. */
bool account_put(struct account *account, struct redis *redis, const struct stamp *stamp,
	const struct redis_words *more, struct failure *failure);

/* The answer to it. False when somebody emptied the hash meanwhile. */
bool account_answered(struct account *account, const struct redis_answer *answer);

/* The numbers of a hash, those of earlier processes included. */
void account_read(const struct redis_answer *hash, struct fates *fates);

void stamp_put(const struct stamp *stamp, struct redis_words *words);

#endif
