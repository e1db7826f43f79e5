/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/reassembly.h"

#include <string.h>

_Static_assert(REASSEMBLY_BYTES <= UINT16_MAX, "offsets fit struct reassembly_run");

void reassembly_begin(struct reassembly *stream, uint32_t seq)
{
	stream->base_seq = seq;
	stream->runs_used = 0;
	stream->over = false;
}

struct span reassembly_contiguous(const struct reassembly *stream)
{
	if (stream->runs_used == 0 || stream->runs[0].begin != 0)
		return (struct span){stream->bytes, 0};
	return (struct span){stream->bytes, stream->runs[0].end};
}

/* Offset of `seq` from the start: half of the sequence space lies before it (RFC 9293 3.4). */
static int64_t offset_of(const struct reassembly *stream, uint32_t seq)
{
	return (int32_t)(seq - stream->base_seq);
}

/* Copies the bytes of [begin, end) that no run has. */
static void copy_missing(
	struct reassembly *stream, uint32_t begin, uint32_t end, const uint8_t *data)
{
	uint32_t at = begin;

	for (uint32_t i = 0; i < stream->runs_used && at < end; i++) {
		const struct reassembly_run *run = &stream->runs[i];

		if (run->end <= at)
			continue;
		if (run->begin >= end)
			break;
		if (run->begin > at)
			memcpy(stream->bytes + at, data + (at - begin), run->begin - at);
		at = run->end;
	}
	if (at < end)
		memcpy(stream->bytes + at, data + (at - begin), end - at);
}

/* Joins [begin, end) with the runs it meets or touches; false when there is no room for one more.
 */
static bool note_run(struct reassembly *stream, uint32_t begin, uint32_t end)
{
	struct reassembly_run *runs = stream->runs;
	uint32_t first = 0, after;

	while (first < stream->runs_used && runs[first].end < begin)
		first++;
	for (after = first; after < stream->runs_used && runs[after].begin <= end; after++) {
		begin = runs[after].begin < begin ? runs[after].begin : begin;
		end = runs[after].end > end ? runs[after].end : end;
	}
	if (first == after && stream->runs_used == REASSEMBLY_RUNS)
		return false;
	memmove(runs + first + 1, runs + after, (stream->runs_used - after) * sizeof(*runs));
	stream->runs_used = (uint8_t)(stream->runs_used + 1 - (after - first));
	runs[first] = (struct reassembly_run){(uint16_t)begin, (uint16_t)end};
	return true;
}

struct span reassembly_add(
	struct reassembly *stream, enum reassembly_way way, uint32_t seq, struct span segment)
{
	int64_t at = offset_of(stream, seq);
	int64_t begin = at < 0 ? 0 : at;
	int64_t end = at + segment.len;

	if (stream->over || segment.len == 0)
		return reassembly_contiguous(stream);
	if (way == REASSEMBLY_IN_ORDER && at > reassembly_contiguous(stream).len) {
		stream->over = true;
		return reassembly_contiguous(stream);
	}
	if (end > REASSEMBLY_BYTES)
		end = REASSEMBLY_BYTES;
	if (begin < end) {
		copy_missing(stream, (uint32_t)begin, (uint32_t)end, segment.data + (begin - at));
		stream->over = !note_run(stream, (uint32_t)begin, (uint32_t)end);
	}
	return reassembly_contiguous(stream);
}
