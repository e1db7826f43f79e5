/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sending half of a reliable stream: which segments are in flight, which are lost, when the
 * next one goes. Retransmission time-out after RFC 6298 (with Linux's least of 200 ms instead of
 * 1 s), SACK (RFC 2018), loss by time and three later segments and a probe of the tail (RACK-TLP,
 * RFC 8985), proportional rate reduction (RFC 6937).
 */
#ifndef SLUICE_FLIGHT_H
#define SLUICE_FLIGHT_H

#include "control/virtual/agenda.h"
#include "control/virtual/congestion.h"
#include "control/virtual/outbox.h"
#include "control/virtual/receiver.h"

enum segment_state { SEGMENT_FLYING, SEGMENT_SACKED, SEGMENT_LOST };

struct flight_segment {
	uint64_t start;
	uint64_t sent_ns;                 /* last */
	uint64_t delivered, delivered_ns; /* of the flight, when it was sent */
	uint32_t len, times;              /* sent */
	uint8_t state;
	bool rate_is_low;
};

enum flight_state { FLIGHT_OPEN, FLIGHT_RECOVERY, FLIGHT_LOSS };

struct flight {
	void (*transmit)(void *who, const struct flight_segment *segment);
	void *who;
	uint32_t mss;
	struct outbox outbox;
	struct congestion congestion;
	struct flight_segment *segments; /* from una to next; a ring of `room` */
	size_t first, count, room;
	uint64_t una, next; /* stream offsets */
	uint32_t flying;    /* segments */
	uint32_t sacked;
	uint64_t delivered, delivered_ns; /* segments */
	uint64_t srtt_ns, variation_ns, min_rtt_ns, timeout_ns;
	uint64_t newest_ns, newest_rtt_ns; /* of what was delivered: when sent (RACK) */
	uint64_t newest_start;
	uint64_t high;                 /* recovery ends there */
	uint64_t probe_ns, probe_high; /* tail probe, 0 none */
	uint64_t last_sent_ns, pace_ns;
	double window_before; /* recovery */
	uint32_t reduction_delivered, reduction_sent;
	uint32_t timeouts; /* in a row */
	uint8_t state;
	bool limited;           /* the window kept data back */
	bool stopped;           /* nothing is sent any more */
	uint64_t retransmitted; /* segments */
	struct alarm timeout, probe, reorder, pace;
};

struct flight_setup {
	struct agenda *agenda;
	void (*transmit)(void *who, const struct flight_segment *segment);
	void *who;
	uint32_t mss; /* bytes */
	const struct congestion_kind *kind;
	uint64_t seed;
};

void flight_begin(struct flight *flight, const struct flight_setup *setup);
void flight_end(struct flight *flight); /* alarms of it must not ring any more */

/* The round-trip time of the handshake. */
void flight_rtt(struct flight *flight, uint64_t rtt_ns);

/* Sends what may be sent; after outbox_add(). */
void flight_go(struct flight *flight);

/* An acknowledgement came: all before `ack`, and the ranges. */
void flight_acked(struct flight *flight, uint64_t ack, const struct receiver_range *sacks,
	unsigned sack_count);

/* Sends nothing from now on; or until it goes on, as if a time-out had come. */
void flight_stop(struct flight *flight);
void flight_go_on(struct flight *flight);

#endif
