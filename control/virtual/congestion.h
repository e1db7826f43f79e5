/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Congestion control as a table: Reno (RFC 5681), CUBIC (RFC 9438) and a sender that models the
 * path as BBR does (draft-cardwell-iccrg-bbr-congestion-control-00, in its essentials). Windows are
 * in packets. Time is an argument.
 */
#ifndef SLUICE_CONGESTION_H
#define SLUICE_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

enum { CONGESTION_INITIAL = 10 }; /* packets, RFC 6928 */

struct congestion;

/* What one acknowledgement told. */
struct congestion_ack {
	uint64_t now_ns;
	uint64_t rtt_ns;           /* of the newest packet that it covers, 0: no sample */
	uint64_t min_rtt_ns;       /* so far */
	uint32_t acked;            /* packets newly delivered */
	uint32_t in_flight;        /* before it */
	uint64_t delivered;        /* packets, in all */
	uint64_t delivered_before; /* when the newest packet that it covers was sent */
	double rate;               /* delivery rate, packets/s; 0: no sample */
	bool rate_is_low;          /* because there was nothing more to send */
	bool limited;              /* the window was full */
	bool lossy;                /* in recovery, or after a time-out */
};

struct congestion_kind {
	const char *name;
	bool own_window; /* also in recovery: no proportional rate reduction */
	void (*acked)(struct congestion *congestion, const struct congestion_ack *ack);
	/* The window after a loss was seen; the caller is about to set it. */
	double (*reduced)(struct congestion *congestion, uint64_t now_ns);
	void (*timed_out)(struct congestion *congestion);
};

struct cubic {
	double w_max, k, estimate; /* packets, s, packets */
	uint64_t epoch_ns;         /* 0: no epoch */
};

enum { BBR_ROUNDS = 10 };

struct bbr {
	double rates[BBR_ROUNDS]; /* most of each of the last rounds, packets/s */
	double full_rate;
	uint64_t round, round_end; /* round_end: delivered count that ends it */
	uint64_t min_rtt_ns, min_rtt_at_ns, probe_until_ns, phase_at_ns;
	double before_probe; /* window */
	unsigned flat_rounds, phase;
	uint8_t state;
};

struct congestion {
	const struct congestion_kind *kind;
	double window, threshold; /* packets; threshold: slow start ends there */
	double pace;              /* packets/s, 0: not paced */
	union {
		struct cubic cubic;
		struct bbr bbr;
	} own;
};

/* In the order of the traffic script's cc= (enum script_cc). */
extern const struct congestion_kind *const congestion_kinds[];

void congestion_begin(struct congestion *congestion, const struct congestion_kind *kind);

/* RFC 5681 section 4.1: nothing was sent for so many retransmission time-outs. */
void congestion_idle(struct congestion *congestion, uint64_t idle_ns, uint64_t timeout_ns);

/* Slow start: what of `acked` is left when the threshold is reached. */
uint32_t congestion_slow_start(struct congestion *congestion, uint32_t acked);

extern const struct congestion_kind congestion_bbr;

#endif
