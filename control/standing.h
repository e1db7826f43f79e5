/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a node stands, as it says itself in `sluice:{LAB}:node:NODE`, a hash that expires when it
 * is not written again:
 *
 *   version, sha256             the last ruleset that it took a stand on
 *   status                      applied; rejected; stale: Redis has not confirmed what is in force
 *   error                       why it was rejected, with line and column
 *   in_force, in_force_sha256   version (0: no rules) that packets meet
 *   epoch                       start of this process, ns since 1970: counters began then
 *   heartbeat                   when this was written, ms since 1970, by the node's clock
 *   publish_ms                  interval of its counters
 *   sluice, host, kernel, machine, cpus
 *
 * Its name stays in the set `sluice:{LAB}:nodes`, so that its counters are found.
 */
#ifndef SLUICE_STANDING_H
#define SLUICE_STANDING_H

#include "ruleset_store.h"

enum standing_status { STANDING_APPLIED, STANDING_REJECTED, STANDING_STALE };

struct standing {
	const char *lab, *node;
	uint64_t epoch, publish_ms;
	uint64_t version, in_force;
	char sha256[65], in_force_sha256[65];
	enum standing_status status;
	char error[1024];
};

/* False with *failure set. */
bool standing_write(const struct standing *standing, struct redis *redis, uint64_t now_ms,
	struct failure *failure);

/* The node ends: nobody waits for it any more. */
bool standing_leave(const struct standing *standing, struct redis *redis, struct failure *failure);

#endif
