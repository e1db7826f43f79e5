/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection to Redis. The only user of hiredis: what goes wrong comes back as one line, and a
 * connection that broke stays broken until its owner makes another one. Every wait has a limit.
 *
 * One connection is used by one thread at a time. Answers belong to the caller.
 */
#ifndef SLUICE_REDIS_H
#define SLUICE_REDIS_H

#include "redis_address.h"

#include <stddef.h>

struct redis_options {
	struct redis_address address;
	const char *password; /* NULL: none */
	const char *key;      /* one that will be used: a cluster's server of its slot is taken */
	unsigned wait_ms;     /* for a connection and for each answer */
};

struct redis;
struct redis_answer;

/* NULL with *failure set: nobody there, wrong password, a Sentinel. A redirection of a cluster is
 * followed. */
struct redis *redis_connect(const struct redis_options *options, struct failure *failure);
void redis_close(struct redis *redis); /* NULL is fine */

/* The connection broke: nothing more will come of it. */
bool redis_is_broken(const struct redis *redis);

/* One command, written as hiredis does: %s a text, %b bytes and their size_t, %llu a number. NULL
 * with *failure set when it could not be asked or Redis said no. */
struct redis_answer *redis_ask(
	struct redis *redis, struct failure *failure, const char *format, ...);

/* The same for words that are counted at run time. */
struct redis_answer *redis_ask_words(
	struct redis *redis, struct failure *failure, size_t count, const char *const words[]);

/* Many commands in one go: put each, then take as many answers. */
bool redis_put(struct redis *redis, struct failure *failure, const char *format, ...);
bool redis_put_words(
	struct redis *redis, struct failure *failure, size_t count, const char *const words[]);
struct redis_answer *redis_take(struct redis *redis, struct failure *failure);

/* For an answer that may be long in coming (XREAD BLOCK): the descriptor to wait at after
 * redis_send(), and what has come so far: *answer stays NULL until it is whole. False when the
 * connection broke or Redis said no. */
int redis_descriptor(const struct redis *redis);
bool redis_send(struct redis *redis, struct failure *failure);
bool redis_look(struct redis *redis, struct redis_answer **answer, struct failure *failure);

/* Looking into an answer. Nothing of it (NULL) has no text, no elements and the number 0. */
void redis_forget(struct redis_answer *answer);
const char *redis_text(const struct redis_answer *answer, size_t *len); /* NULL: no text */
long long redis_number(const struct redis_answer *answer); /* also of a text of digits */
size_t redis_count(const struct redis_answer *answer);
const struct redis_answer *redis_at(const struct redis_answer *answer, size_t i);
/* Of a map as HGETALL gives it. */
const struct redis_answer *redis_field(const struct redis_answer *answer, const char *name);

#endif
