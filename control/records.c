/* SPDX-License-Identifier: BSD-3-Clause */
#include "records.h"

#include <string.h>

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t snap;
	uint32_t link_type;
};

struct record_header {
	uint32_t seconds, part;
	uint32_t captured, wire;
};

struct records records_of(struct span head)
{
	enum { MICROSECONDS = 0xa1b2c3d4, NANOSECONDS = 0xa1b23c4d };
	struct file_header header;

	if (head.len < sizeof(header))
		return (struct records){0, 0};
	memcpy(&header, head.data, sizeof(header));
	if ((header.magic != MICROSECONDS && header.magic != NANOSECONDS) || header.major != 2 ||
		header.minor != 4 || header.snap > INT32_MAX)
		return (struct records){0, 0};
	return (struct records){header.snap, header.magic == MICROSECONDS ? 1000 : 1};
}

/* So many bytes, when the input has them. */
static bool have(struct stream *stream, struct span *rest, size_t bytes)
{
	if (rest->len < bytes)
		*rest = stream_more(stream);
	return rest->len >= bytes;
}

bool records_next(const struct records *records, struct stream *stream, struct record *record)
{
	struct span rest;
	struct record_header header;

	if (!records->longest)
		return false;
	rest = stream_rest(stream);
	if (!have(stream, &rest, sizeof(header)))
		return false;
	memcpy(&header, rest.data, sizeof(header));
	if (header.captured > records->longest ||
		!have(stream, &rest, sizeof(header) + header.captured))
		return false;
	*record = (struct record){
		.seconds = (int32_t)header.seconds,
		.part_ns = (int64_t)(int32_t)header.part * records->tick_ns,
		.captured = header.captured,
		.wire = header.wire,
		.data = rest.data + sizeof(header),
	};
	stream_take(stream, sizeof(header) + header.captured);
	return true;
}
