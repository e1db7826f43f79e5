/* SPDX-License-Identifier: BSD-3-Clause */
/* The half of track.h that hears the receiver. */
#include "control/measure/acknowledge.h"

#include <stdlib.h>

enum { REPAIRS = 16 };

static void tell_of(const struct stretch *stretch, enum track_news news, uint32_t copy,
	uint64_t time_ns, const struct track_listener *listener)
{
	track_tell(listener, &(struct track_event){
				     .news = news,
				     .copy = copy,
				     .time_ns = time_ns,
				     .begin = stretch->begin,
				     .bytes = stretch->end - stretch->begin,
			     });
}

static void sample(struct track *track, const struct stretch *stretch, uint64_t now,
	const struct track_listener *listener)
{
	uint64_t rtt = now - stretch->time_ns;

	if (!track->rtt_min_ns || rtt < track->rtt_min_ns)
		track->rtt_min_ns = rtt ? rtt : 1;
	track_tell(listener, &(struct track_event){
				     .news = TRACK_RTT,
				     .copy = stretch->copy,
				     .time_ns = now,
				     .begin = stretch->begin,
				     .bytes = rtt,
			     });
}

/* The acknowledgement of data that was sent again is about an earlier copy: it echoes an older time
 * stamp (of the one segment that made it advance), or it came sooner than an answer can. */
static bool about_earlier(const struct track *track, const struct stretch *stretch,
	const struct segment *ack, bool advanced_by_it)
{
	uint64_t after = ack->time_ns - stretch->time_ns;

	if (advanced_by_it && ack->timestamps && ack->ts_echo && stretch->ts_value &&
		(int32_t)(ack->ts_echo - stretch->ts_value) < 0)
		return true;
	return track->rtt_min_ns && after < track->rtt_min_ns - track->rtt_min_ns / 8;
}

static void remember(struct track *track, const struct stretch *stretch)
{
	if (!track->repaired)
		track->repaired = malloc(REPAIRS * sizeof(*track->repaired));
	if (!track->repaired)
		return;
	if (track->repairs == REPAIRS) {
		for (unsigned i = 1; i < REPAIRS; i++)
			track->repaired[i - 1] = track->repaired[i];
		track->repairs--;
	}
	track->repaired[track->repairs++] = *stretch;
}

/* The receiver has the stretch, and says so for the first time. */
static void deliver(struct track *track, const struct stretch *stretch, const struct segment *ack,
	bool advanced_by_it, const struct track_listener *listener)
{
	tell_of(stretch, TRACK_ACKNOWLEDGED, stretch->copy, ack->time_ns, listener);
	if (stretch->flags & STRETCH_GAP) {
		tell_of(stretch, TRACK_MISSED, stretch->copy, ack->time_ns, listener);
		return;
	}
	if (!(stretch->flags & STRETCH_AGAIN))
		return;
	if (about_earlier(track, stretch, ack, advanced_by_it))
		tell_of(stretch, TRACK_ARRIVED, stretch->before, ack->time_ns, listener);
	else
		remember(track, stretch);
}

static void take_sack(struct track *track, const struct segment *ack, uint64_t begin, uint64_t end,
	const struct track_listener *listener)
{
	struct scoreboard *board = &track->board;
	const struct stretch *newest = NULL;

	if (end > track->top || begin >= end)
		return;
	for (uint32_t i = scoreboard_find(board, begin); i < board->count; i++) {
		struct stretch *stretch = scoreboard_at(board, i);

		if (stretch->end > end)
			break;
		if (stretch->flags & STRETCH_SACKED || stretch->begin < begin)
			continue;
		deliver(track, stretch, ack, false, listener);
		stretch->flags |= STRETCH_SACKED;
		track->sacked += stretch->end - stretch->begin;
		newest = stretch;
	}
	if (newest && !(newest->flags & (STRETCH_AGAIN | STRETCH_GAP)))
		sample(track, newest, ack->time_ns, listener);
}

/* Data that came twice: the copy before the last one had arrived too. */
static void take_dsack(struct track *track, uint64_t begin, uint64_t end, uint64_t now,
	const struct track_listener *listener)
{
	for (unsigned i = 0; i < track->repairs; i++) {
		struct stretch *repaired = &track->repaired[i];

		if (repaired->begin < begin || repaired->end > end)
			continue;
		tell_of(repaired, TRACK_ARRIVED, repaired->before, now, listener);
		*repaired = track->repaired[--track->repairs];
		i--;
	}
}

static void take_sacks(
	struct track *track, const struct segment *ack, const struct track_listener *listener)
{
	for (int i = 0; i < ack->sacks; i++) {
		uint64_t begin = track_unwrap(track->top, ack->sack[i][0]);
		uint64_t end = track_unwrap(track->top, ack->sack[i][1]);

		/* RFC 2883: the first block is below the acknowledgement, or within the second. */
		if (i == 0 && end <= track->acked)
			take_dsack(track, begin, end, ack->time_ns, listener);
		else
			take_sack(track, ack, begin, end, listener);
	}
}

/* Everything below `acked` leaves the board. */
static void advance(struct track *track, const struct segment *ack, uint64_t acked,
	const struct track_listener *listener)
{
	struct scoreboard *board = &track->board;
	struct stretch newest = {.flags = STRETCH_AGAIN};
	bool first = true;

	scoreboard_split(board, acked);
	while (board->count && scoreboard_at(board, 0)->end <= acked) {
		struct stretch stretch = *scoreboard_at(board, 0);

		scoreboard_pop(board);
		if (stretch.flags & STRETCH_SACKED)
			track->sacked -= stretch.end - stretch.begin;
		else
			deliver(track, &stretch, ack, first, listener);
		first = false;
		newest = stretch;
	}
	if (!(newest.flags & (STRETCH_AGAIN | STRETCH_GAP | STRETCH_SACKED)))
		sample(track, &newest, ack->time_ns, listener);
}

/* Acknowledged, but the capture has not even seen that there was something. A FIN counts one. */
static void take_unseen(struct track *track, const struct segment *ack, uint64_t acked,
	const struct track_listener *listener)
{
	struct stretch unseen = {.begin = track->top, .end = acked};

	if (acked > track->top + 1)
		tell_of(&unseen, TRACK_MISSED, track->copies, ack->time_ns, listener);
	track->top = acked > track->top + 1 ? acked : track->top;
}

static void take_window(struct track *track, const struct segment *ack)
{
	if (ack->flags & TCP_SYN) {
		track->mss = ack->mss;
		track->shift = ack->shift == SEGMENT_NO_SHIFT ? 0 : ack->shift;
		track->shift_known = true;
		track->window = ack->window; /* never scaled in a SYN (RFC 7323, section 2.2) */
		return;
	}
	track->window = (uint64_t)ack->window << track->shift;
}

void track_acknowledgement(
	struct track *track, const struct segment *segment, const struct track_listener *listener)
{
	uint64_t acked;

	if (segment->flags & TCP_RST)
		return;
	take_window(track, segment);
	if (!(segment->flags & TCP_ACK))
		return;
	if (!track->top)
		track->top = (1ull << 32) + segment->ack;
	acked = track_unwrap(track->top, segment->ack);
	if (!track->acked)
		track->acked = acked < track->top ? acked : track->top;
	if (acked > track->top)
		take_unseen(track, segment, acked, listener);
	acked = acked < track->top ? acked : track->top;
	if (acked > track->acked) {
		advance(track, segment, acked, listener);
		track->acked = acked;
	}
	if (segment->sacks)
		take_sacks(track, segment, listener);
}
