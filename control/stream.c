/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* A pipe that has nothing more for so long is slow: what has come goes on. */
enum { SLOW_MS = 100 };

static bool more_comes(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	return poll(&pollfd, 1, SLOW_MS) != 0;
}

/* Pipes give little at a time: whole pieces keep down how many there are. */
static void fill(struct stream *stream, struct piece *piece)
{
	bool more = !stream->error;

	while (more && piece->len < PIECE_BYTES) {
		ssize_t got = read(stream->fd, piece->bytes + piece->len, PIECE_BYTES - piece->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			stream->error = errno;
		else
			piece->len += (size_t)got;
		more = got > 0 && (piece->len == PIECE_BYTES || more_comes(stream->fd));
	}
}

/* The piece at hand becomes one that begins with its last `left` bytes, unless nothing follows. */
static void next_piece(struct stream *stream, size_t left)
{
	struct piece *piece = piece_take(stream->pieces);

	if (left)
		memcpy(piece->bytes, stream->piece->bytes + stream->at, left);
	piece->len = left;
	fill(stream, piece);
	if (piece->len == left) {
		piece_drop(piece);
		return;
	}
	piece_drop(stream->piece);
	stream->piece = piece;
	stream->at = 0;
	stream->read += piece->len - left;
	digests_pass(stream->digests, stream->input, piece, left);
}

static struct span rest_of(const struct stream *stream)
{
	const struct piece *piece = stream->piece;

	if (!piece)
		return (struct span){NULL, 0};
	return (struct span){piece->bytes + stream->at, (uint32_t)(piece->len - stream->at)};
}

struct span stream_rest(struct stream *stream)
{
	struct span rest = rest_of(stream);

	if (rest.len)
		return rest;
	next_piece(stream, 0);
	return rest_of(stream);
}

struct span stream_more(struct stream *stream)
{
	next_piece(stream, rest_of(stream).len);
	return rest_of(stream);
}

ssize_t stream_read(struct stream *stream, void *buffer, size_t size)
{
	struct span rest = stream_rest(stream);

	if (!rest.len) {
		errno = stream->error;
		return stream->error ? -1 : 0;
	}
	if (size > rest.len)
		size = rest.len;
	memcpy(buffer, rest.data, size);
	stream_take(stream, size);
	return (ssize_t)size;
}

int stream_finish(struct stream *stream)
{
	for (struct span rest; (rest = stream_rest(stream)).len;)
		stream_take(stream, rest.len);
	return stream->error;
}

void stream_end(struct stream *stream)
{
	piece_drop(stream->piece);
	stream->piece = NULL;
}
