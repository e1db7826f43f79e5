/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 of the inputs of a run, of the very bytes that their reader gets: files are read once.
 * A thread digests, so that the reader waits only when it is far ahead.
 */
#ifndef SLUICE_DIGESTS_H
#define SLUICE_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

struct digests;

/* For `count` inputs. Never NULL; the caller frees with digests_free. */
struct digests *digests_new(size_t count);

/* The next bytes of input i. Copies them. */
void digests_pass(struct digests *digests, size_t i, const void *bytes, size_t len);

/* Reads on from fd to its end, then gives lower-case hex and the length of all that was passed
 * and read. 0, or the errno of what went wrong. */
int digests_result(struct digests *digests, size_t i, int fd, char hex[65], uint64_t *bytes);

/* Does not wait for what is not finished. */
void digests_free(struct digests *digests);

#endif
