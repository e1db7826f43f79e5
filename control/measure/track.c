/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/track.h"

#include "control/measure/acknowledge.h"

#include <stdlib.h>

enum {
	SEGMENT_MSS_USUAL = 1460,
	REPEAT_NS = 2000000,        /* a packet that comes twice within this is one packet */
	REORDER_LEAST_NS = 3000000, /* as tshark has it: sooner is out of order, not sent again */
};

void track_end(struct track *track)
{
	scoreboard_free(&track->board);
	free(track->repaired);
}

uint64_t track_unwrap(uint64_t near, uint32_t sequence)
{
	return near + (uint64_t)(int64_t)(int32_t)(sequence - (uint32_t)near);
}

void track_tell(const struct track_listener *listener, const struct track_event *event)
{
	if (listener->hear)
		listener->hear(listener->context, event);
}

uint64_t track_flight(const struct track *track)
{
	uint64_t out = track->acked && track->top > track->acked ? track->top - track->acked : 0;

	return out > track->sacked ? out - track->sacked : 0;
}

/* Payload bytes of one packet on the network. */
static uint32_t segment_size(const struct track *track, const struct segment *segment)
{
	uint32_t mss = track->mss ? track->mss : SEGMENT_MSS_USUAL;

	/* The option counts the segment without options (RFC 6691). */
	mss = mss > segment->option_bytes ? mss - segment->option_bytes : mss;
	return mss < 64 ? 64 : mss;
}

static uint32_t tell_copy(struct track *track, enum track_news news, const struct segment *segment,
	uint64_t begin, uint64_t bytes, bool again, const struct track_listener *listener)
{
	track_tell(listener, &(struct track_event){
				     .news = news,
				     .copy = track->copies,
				     .time_ns = segment->time_ns,
				     .begin = begin,
				     .bytes = bytes,
				     .overhead = segment->l3_bytes - segment->len,
				     .again = again,
			     });
	return track->copies++;
}

static void push(struct track *track, const struct segment *segment, uint64_t begin, uint64_t end,
	uint8_t flags, const struct track_listener *listener)
{
	uint32_t size = segment_size(track, segment);

	/* A little more than was asked for is still one packet. */
	size = end - begin <= size + size / 4 ? (uint32_t)(end - begin) : size;
	while (begin < end) {
		uint64_t next = end - begin > size ? begin + size : end;
		struct stretch stretch = {
			.begin = begin,
			.end = next,
			.time_ns = segment->time_ns,
			.ts_value = segment->ts_value,
			.ip_id = flags ? 0 : segment->ip_id,
			.flags = flags,
		};

		stretch.copy = tell_copy(track, flags ? TRACK_ABSENT : TRACK_SENT, segment, begin,
			next - begin, false, listener);
		scoreboard_push(&track->board, &stretch);
		begin = next;
	}
}

/* A gap is filled: after loss, or by what was overtaken. */
static void fill(struct track *track, struct stretch *gap, const struct segment *segment,
	const struct track_listener *listener)
{
	uint64_t took = segment->time_ns - gap->time_ns;
	bool late = took < REORDER_LEAST_NS;

	track_tell(listener, &(struct track_event){
				     .news = late ? TRACK_LATE : TRACK_LOST_BEFORE,
				     .copy = gap->copy,
				     .time_ns = segment->time_ns,
				     .begin = gap->begin,
				     .bytes = gap->end - gap->begin,
			     });
	gap->before = gap->copy;
	gap->copy = tell_copy(
		track, TRACK_SENT, segment, gap->begin, gap->end - gap->begin, !late, listener);
	/* A round trip must not be taken from data that may have been sent twice. */
	gap->flags = late ? 0 : STRETCH_AGAIN;
	gap->time_ns = segment->time_ns;
	gap->ts_value = segment->ts_value;
	gap->ip_id = segment->ip_id;
}

static void send_again(struct track *track, struct stretch *old, const struct segment *segment,
	const struct track_listener *listener)
{
	/* What was SACKed is known to have arrived: nothing is lost. */
	if (!(old->flags & STRETCH_SACKED))
		track_tell(listener, &(struct track_event){
					     .news = TRACK_LOST,
					     .copy = old->copy,
					     .time_ns = segment->time_ns,
					     .begin = old->begin,
					     .bytes = old->end - old->begin,
				     });
	old->before = old->copy;
	old->copy = tell_copy(
		track, TRACK_SENT, segment, old->begin, old->end - old->begin, true, listener);
	old->flags |= STRETCH_AGAIN;
	old->time_ns = segment->time_ns;
	old->ts_value = segment->ts_value;
	old->ip_id = segment->ip_id;
}

/* The part of a segment that is not new, up to `end`. */
static void take_old(struct track *track, const struct segment *segment, uint64_t begin,
	uint64_t end, const struct track_listener *listener)
{
	struct scoreboard *board = &track->board;
	uint64_t known = board->count ? scoreboard_at(board, 0)->begin : track->top;

	if (begin < known) {
		/* Acknowledged, and sent again all the same. */
		uint64_t until = end < known ? end : known;

		tell_copy(track, TRACK_SENT, segment, begin, until - begin, true, listener);
		begin = until;
	}
	if (begin >= end)
		return;
	scoreboard_split(board, begin);
	scoreboard_split(board, end);
	for (uint32_t i = scoreboard_find(board, begin); i < board->count; i++) {
		struct stretch *old = scoreboard_at(board, i);

		if (old->begin >= end)
			return;
		if (old->flags & STRETCH_GAP)
			fill(track, old, segment, listener);
		else
			send_again(track, old, segment, listener);
	}
}

/* The same packet once more: a mirrored port, or a network that doubles. */
static bool is_repeat(const struct track *track, const struct segment *segment, uint64_t begin)
{
	uint32_t at = scoreboard_find(&track->board, begin);
	const struct stretch *old;

	if (!segment->ip_id || at == track->board.count)
		return false;
	old = scoreboard_at(&track->board, at);
	return old->ip_id == segment->ip_id && old->ts_value == segment->ts_value &&
	       segment->time_ns - old->time_ns < REPEAT_NS;
}

/* One byte or none, just before what is expected (RFC 9293, section 3.8.4). */
static bool is_keep_alive(const struct track *track, const struct segment *segment, uint64_t begin)
{
	return segment->len <= 1 && track->acked && begin + 1 == track->acked &&
	       track->acked == track->top && !(segment->flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

static void begin_at(struct track *track, const struct segment *segment)
{
	if (!track->top)
		track->top = (1ull << 32) + segment->seq + ((segment->flags & TCP_SYN) != 0);
}

void track_data(
	struct track *track, const struct segment *segment, const struct track_listener *listener)
{
	uint64_t begin, end;

	begin_at(track, segment);
	begin = track_unwrap(track->top, segment->seq + ((segment->flags & TCP_SYN) != 0));
	end = begin + segment->len;
	if (is_keep_alive(track, segment, begin)) {
		track_tell(listener, &(struct track_event){.news = TRACK_KEPT_ALIVE,
					     .time_ns = segment->time_ns});
		return;
	}
	if (!segment->len)
		return;
	if (begin < track->top && is_repeat(track, segment, begin)) {
		track_tell(listener, &(struct track_event){.news = TRACK_DUPLICATED,
					     .time_ns = segment->time_ns,
					     .bytes = segment->len});
		return;
	}
	if (begin < track->top)
		take_old(track, segment, begin, end < track->top ? end : track->top, listener);
	if (begin > track->top)
		push(track, segment, track->top, begin, STRETCH_GAP, listener);
	if (end > track->top)
		push(track, segment, begin > track->top ? begin : track->top, end, 0, listener);
	track->top = end > track->top ? end : track->top;
}
