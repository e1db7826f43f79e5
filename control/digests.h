/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 of the inputs of a run, of the very bytes that their reader gets: files are read once.
 * A thread digests, so that the reader waits only when it is far ahead.
 */
#ifndef SLUICE_DIGESTS_H
#define SLUICE_DIGESTS_H

#include "pieces.h"

#include <stddef.h>

struct digests;

/* For `count` inputs. Never NULL; the caller frees with digests_free. */
struct digests *digests_new(size_t count);

/* The next bytes of input i: those of the piece from `from` on. Holds it as long as it takes. */
void digests_pass(struct digests *digests, size_t i, struct piece *piece, size_t from);

/* Lower-case hex of all that was passed. */
void digests_result(struct digests *digests, size_t i, char hex[65]);

/* Nobody will ask for a result: what is passed from now on is not digested. */
void digests_forgo(struct digests *digests);

/* Does not wait for what is not finished. */
void digests_free(struct digests *digests);

#endif
