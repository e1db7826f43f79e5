/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One direction of a TCP connection, as a capture shows it: what was sent, what of it was sent
 * again, what got lost on which side of the capture, and how long its acknowledgement took.
 *
 * Every copy of data has a number, from 0. A packet of more than one segment (segmentation
 * offload) is as many copies as the network saw. A stretch that never came by although later data
 * did is a copy too: it was lost before the capture, or the capture missed it.
 *
 * A copy counts as lost when its data is sent again. That is taken back when an acknowledgement
 * shows that it had arrived: by its time stamp (Eifel, RFC 3522), by coming sooner than the new
 * copy can have been answered, or by naming data that came twice (DSACK, RFC 2883).
 */
#ifndef SLUICE_MEASURE_TRACK_H
#define SLUICE_MEASURE_TRACK_H

#include "control/measure/scoreboard.h"
#include "control/measure/segment.h"

enum track_news {
	TRACK_SENT,        /* a copy: begin, bytes (payload); again: of data that was seen before */
	TRACK_ABSENT,      /* a copy that did not come by */
	TRACK_LOST,        /* copy: lost behind the capture; at 0 no copy is known */
	TRACK_LOST_BEFORE, /* copy: lost before it reached the capture */
	TRACK_ARRIVED,     /* copy: counted as lost, but it was not */
	TRACK_MISSED,      /* copy: the receiver has it, the capture has not */
	TRACK_LATE,        /* copy: overtaken on the way, not lost */
	TRACK_DUPLICATED,  /* the same packet came by twice; bytes */
	TRACK_KEPT_ALIVE,  /* a probe without news */
	TRACK_RTT,         /* copy and bytes: its round trip, in ns */
	TRACK_ACKNOWLEDGED, /* bytes that are new to the sender */
};

struct track_event {
	enum track_news news;
	uint32_t copy;
	uint64_t time_ns;
	uint64_t begin;    /* unwrapped sequence number */
	uint64_t bytes;    /* of payload; TRACK_RTT: ns */
	uint32_t overhead; /* of a copy: bytes of its IP and TCP headers */
	bool again;
};

/* Who is told. */
struct track_listener {
	void (*hear)(void *context, const struct track_event *event);
	void *context;
};

struct track {
	struct scoreboard board;
	uint64_t top;    /* end of what was sent, unwrapped; 0: nothing seen yet */
	uint64_t acked;  /* unwrapped; 0: no acknowledgement seen yet */
	uint64_t sacked; /* bytes on the board that are SACKed */
	uint32_t copies;
	uint64_t rtt_min_ns; /* behind the capture and back; 0 not known */
	uint64_t window;     /* that the receiver offers, scaled */
	uint16_t mss;        /* that the receiver asked for, 0 not known */
	uint8_t shift;       /* of the receiver's windows */
	bool shift_known;    /* a handshake was seen */
	/* Data sent again and acknowledged, whose fate may still change: newest last. NULL at
	 * first. */
	struct stretch *repaired;
	unsigned repairs;
};

void track_end(struct track *track);

/* A segment of this direction with payload, SYN or FIN. `listener` may hear many events. */
void track_data(
	struct track *track, const struct segment *segment, const struct track_listener *listener);

/* A segment of the other direction: acknowledgement, window, time stamps. */
void track_acknowledgement(
	struct track *track, const struct segment *segment, const struct track_listener *listener);

/* Bytes sent, not acknowledged and not known to have arrived. */
uint64_t track_flight(const struct track *track);

#endif
