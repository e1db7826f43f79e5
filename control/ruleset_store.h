/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ruleset of a lab in Redis: one document in force, its version, and the documents before it.
 *
 *   sluice:{LAB}:ruleset       hash: version, sha256, document, author, comment, time
 *   sluice:{LAB}:ruleset:log   stream: an entry a version, without the document
 *   sluice:{LAB}:ruleset:v:N   the document of version N, of the last STORE_VERSIONS
 *
 * Versions count from 1 and are written by compare-and-set: who writes says which version the new
 * one follows. One script does all of it, so nobody sees half of a change. When Redis was emptied
 * versions begin anew; nodes tell rulesets apart by version and digest together.
 */
#ifndef SLUICE_RULESET_STORE_H
#define SLUICE_RULESET_STORE_H

#include "redis.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_VERSIONS = 100, LAB_SIZE = 32, STORE_KEY_SIZE = 160 };

/* "sluice:{LAB}:REST" */
void store_key(char key[STORE_KEY_SIZE], const char *lab, const char *rest);

/* 1 to 31 letters, digits, - and _. */
bool store_name_valid(const char *name);

struct stored_ruleset {
	uint64_t version; /* 0: there is none */
	char sha256[65];  /* of the document */
	char *document;   /* owned; NULL when it was not asked for, or is kept no longer */
	size_t len;
	char *author, *comment; /* owned */
	uint64_t time_ms;       /* since the epoch, by the clock of Redis */
};

void stored_ruleset_end(struct stored_ruleset *stored); /* also of a zeroed one */

/* What is in force: version, digest, document. Version 0 when there is nothing; false with *failure
 * set, EXIT_BAD_INPUT when the document is not whole or too large (then it is not fetched). */
bool store_read(struct redis *redis, const char *lab, struct stored_ruleset *stored,
	struct failure *failure);

/* Version and digest alone, which is cheap. */
bool store_look(struct redis *redis, const char *lab, uint64_t *version, char sha256[65],
	struct failure *failure);

/* An older version: document and digest. Fails when it is not kept. */
bool store_read_version(struct redis *redis, const char *lab, uint64_t version,
	struct stored_ruleset *stored, struct failure *failure);

/* Puts the document in force as the version after `follows`. When another version is in force
 * fails with EXIT_ANSWER_NO and says who wrote it. */
bool store_write(struct redis *redis, const char *lab, uint64_t follows,
	const struct stored_ruleset *stored, struct failure *failure);

/* Each version that the log has, the oldest first, `count` at most (the last ones). */
bool store_log(struct redis *redis, const char *lab, unsigned count,
	void (*tell)(void *context, const struct stored_ruleset *entry), void *context,
	struct failure *failure);

#endif
