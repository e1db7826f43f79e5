/* SPDX-License-Identifier: BSD-3-Clause */
#include "unpack.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const char broken[] = "the packed data is broken";
static const char early[] = "the packed data ends early";
static const char too_much[] = "unpacked it is larger than is allowed (64 MB)";

/* What came out so far. One byte more than `max` is room enough to see that it is too much. */
struct room {
	char *bytes;
	size_t used, size, max;
};

static bool grow(struct room *room)
{
	size_t size = room->size ? room->size * 2 : 65536;
	char *bytes;

	if (size > room->max + 1)
		size = room->max + 1;
	if (room->used > room->max || size <= room->size)
		return false;
	bytes = realloc(room->bytes, size);
	if (!bytes)
		abort();
	room->bytes = bytes;
	room->size = size;
	return true;
}

static bool is_gzip(const char *bytes, size_t len)
{
	return len >= 2 && !memcmp(bytes, "\x1f\x8b", 2);
}

static bool is_xz(const char *bytes, size_t len)
{
	static const char magic[] = {'\xfd', '7', 'z', 'X', 'Z', '\0'};

	return len >= sizeof(magic) && !memcmp(bytes, magic, sizeof(magic));
}

bool unpack_is_packed(const char *bytes, size_t len)
{
	return is_gzip(bytes, len) || is_xz(bytes, len);
}

/* One member; false when it is the last, or *why says what is wrong. */
static bool inflate_member(z_stream *stream, struct room *room, const char **why)
{
	int answer = Z_OK;

	while (answer != Z_STREAM_END) {
		if (room->used == room->size && !grow(room)) {
			*why = too_much;
			return false;
		}
		stream->next_out = (Bytef *)room->bytes + room->used;
		stream->avail_out = (uInt)(room->size - room->used);
		answer = inflate(stream, Z_NO_FLUSH);
		room->used = room->size - stream->avail_out;
		if (answer == Z_BUF_ERROR && !stream->avail_in)
			*why = early;
		else if (answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR)
			*why = broken;
		if (*why)
			return false;
	}
	return stream->avail_in && inflateReset(stream) == Z_OK;
}

static void gunzip(const char *bytes, size_t len, struct room *room, const char **why)
{
	z_stream stream = {.next_in = (Bytef *)bytes, .avail_in = (uInt)len};

	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		abort();
	while (inflate_member(&stream, room, why))
		;
	inflateEnd(&stream);
}

static const char *xz_error(lzma_ret answer)
{
	if (answer == LZMA_OK || answer == LZMA_STREAM_END)
		return NULL;
	if (answer == LZMA_MEMLIMIT_ERROR)
		return "unpacking it takes more than 128 MB of memory";
	return answer == LZMA_BUF_ERROR ? early : broken;
}

static void unxz(const char *bytes, size_t len, struct room *room, const char **why)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret answer = LZMA_OK;

	if (lzma_stream_decoder(&stream, UNPACK_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
		abort();
	stream.next_in = (const uint8_t *)bytes;
	stream.avail_in = len;
	while (answer == LZMA_OK && !*why) {
		if (room->used == room->size && !grow(room)) {
			*why = too_much;
			break;
		}
		stream.next_out = (uint8_t *)room->bytes + room->used;
		stream.avail_out = room->size - room->used;
		answer = lzma_code(&stream, LZMA_FINISH);
		room->used = room->size - stream.avail_out;
		*why = xz_error(answer);
	}
	lzma_end(&stream);
}

char *unpack(const char *bytes, size_t len, size_t max, size_t *unpacked, const char **why)
{
	struct room room = {.max = max};

	*why = NULL;
	if (is_xz(bytes, len))
		unxz(bytes, len, &room, why);
	else
		gunzip(bytes, len, &room, why);
	if (!*why && room.used > max)
		*why = too_much;
	*unpacked = room.used;
	if (!*why)
		return room.bytes;
	free(room.bytes);
	return NULL;
}
