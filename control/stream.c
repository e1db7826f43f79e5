/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Pipes give little at a time: whole pieces keep down how many there are. */
static void fill(struct stream *stream, struct piece *piece)
{
	while (piece->len < PIECE_BYTES && !stream->error) {
		ssize_t got = read(stream->fd, piece->bytes + piece->len, PIECE_BYTES - piece->len);

		if (got == 0)
			break;
		if (got > 0)
			piece->len += (size_t)got;
		else if (errno != EINTR)
			stream->error = errno;
	}
}

static void next_piece(struct stream *stream)
{
	struct piece *piece = piece_take(stream->pieces);

	piece_drop(stream->piece);
	stream->piece = NULL;
	stream->at = 0;
	fill(stream, piece);
	if (!piece->len) {
		piece_drop(piece);
		return;
	}
	stream->piece = piece;
	stream->read += piece->len;
	digests_pass(stream->digests, stream->input, piece);
}

struct span stream_rest(struct stream *stream)
{
	if (!stream->piece || stream->at == stream->piece->len)
		next_piece(stream);
	if (!stream->piece)
		return (struct span){NULL, 0};
	return (struct span){
		stream->piece->bytes + stream->at, (uint32_t)(stream->piece->len - stream->at)};
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
