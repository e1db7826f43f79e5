/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 of the inputs of a run, made while they are read.
 *
 * Regular files are digested by one thread out of the page cache, so that nobody waits for it; what
 * can be read once only (pipes, standard input) is digested as its reader passes it on.
 */
#ifndef SLUICE_DIGESTS_H
#define SLUICE_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digests;

struct digests *digests_new(size_t count); /* never NULL; the caller frees with digests_free */

/* Declares input i, before the start: `whole` is a regular file, which is read from its beginning
 * without moving the position of fd; of any other, digests_pass gets every byte read from fd. The
 * descriptor stays the caller's and stays open until digests_free. */
void digests_input(struct digests *digests, size_t i, int fd, bool whole);
void digests_start(struct digests *digests);
void digests_pass(struct digests *digests, size_t i, const void *bytes, size_t len);

/* Waits for a file; reads on to the end of anything else. Lower-case hex and the length. 0, or the
 * errno of what went wrong. */
int digests_result(struct digests *digests, size_t i, char hex[65], uint64_t *bytes);

/* Does not wait for what is not finished. */
void digests_free(struct digests *digests);

#endif
