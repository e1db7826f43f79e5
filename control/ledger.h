/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A node's counters in Redis, cumulative, a hash each:
 *
 *   sluice:{LAB}:counters:NODE:drops       all packets; flows now, how many ports and workers
 *   sluice:{LAB}:counters:NODE:port:N      of a port
 *   sluice:{LAB}:counters:NODE:rule:ID     of a rule
 *   sluice:{LAB}:counters:NODE:worker:N    loops, bursts, flows of a worker
 *   sluice:{LAB}:counters:NODE:rules       set: the rules that have a hash
 *   sluice:{LAB}:samples:NODE              stream: one entry a batch, the last LEDGER_SAMPLES
 *
 * Each hash has `epoch` (start of the process, ns since 1970), `seq` (number of the batch), `ts_ns`
 * (of the numbers) and `interval_ns` (since the batch before), and fates by name (fates_fields.h).
 * Values are those of the box since its epoch, so writing them again does no harm and an outage
 * loses none; what earlier processes of the node counted is found there at the first batch and
 * written beside them as `past.`. Only what changed is written, and all of it after a new
 * connection or when somebody emptied Redis. Rules are told apart by id alone.
 */
#ifndef SLUICE_LEDGER_H
#define SLUICE_LEDGER_H

#include "ruleset_store.h"

#include "dataplane/io/snapshot.h"

enum { LEDGER_SAMPLES = 3600 };

struct ledger;

/* grace_ns: for how long the hash of a rule stays that is in force no more. The names outlive it.
 * NULL: no memory. */
struct ledger *ledger_new(const char *lab, const char *node, uint64_t epoch, uint64_t grace_ns);
void ledger_free(struct ledger *ledger); /* NULL is fine */

/* Another connection: perhaps another Redis. */
void ledger_repeat(struct ledger *ledger);

/* One batch, in one pipeline. False with *failure set when something was not written; it will be
 * with the next batch. */
bool ledger_write(struct ledger *ledger, struct redis *redis, const struct snapshot *numbers,
	struct failure *failure);

#endif
