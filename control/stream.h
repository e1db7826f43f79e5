/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of one input, from a file or a pipe, in pieces. Each piece is passed on to be digested
 * as it is read.
 */
#ifndef SLUICE_STREAM_H
#define SLUICE_STREAM_H

#include "digests.h"
#include "pieces.h"

#include "classifiers/span.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stream {
	int fd; /* the caller's */
	size_t input;
	struct pieces *pieces;
	struct digests *digests;
	struct piece *piece; /* at hand, held; NULL at the begin */
	size_t at;           /* the next byte in it */
	uint64_t read;       /* bytes so far, with those that nobody has taken yet */
	int error;           /* errno of the read that failed */
};

/* The bytes of the piece at hand that nobody has taken yet; of the next one when there are none.
 * Empty at the end and after an error. */
struct span stream_rest(struct stream *stream);

/* Like stream_rest, but begins the next piece with what is left, so that more lies together. The
 * same as before when the input has no more, or when nothing would fit. */
struct span stream_more(struct stream *stream);

/* Takes bytes that stream_rest or stream_more has shown. */
static inline void stream_take(struct stream *stream, size_t bytes)
{
	stream->at += bytes;
}

/* Like read(2): copies. */
ssize_t stream_read(struct stream *stream, void *buffer, size_t size);

/* Takes everything up to the end. 0, or the errno of what went wrong. */
int stream_finish(struct stream *stream);

/* Drops the piece at hand. */
void stream_end(struct stream *stream);

#endif
