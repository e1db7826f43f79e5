/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a throttler can do to a packet: one row of throttle_kinds[] a primitive, one file a row.
 *
 * A kind has parameters (constant, shared by all workers, filled from the model language by its
 * table of words) and state (what it remembers for a flow, a host or a rule; all zero at first).
 * The pipeline owns the state, finds the right one for a packet, and asks apply(); kinds never
 * read a clock, draw only by prng_draw() from the key they are given, and never allocate.
 */
#ifndef SLUICE_THROTTLE_H
#define SLUICE_THROTTLE_H

#include "dataplane/throttle/drops.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum direction {
	DIRECTION_UP, /* from the client: the end that sent the first packet */
	DIRECTION_DOWN,
};

enum {
	DIRECTIONS_UP = 1 << DIRECTION_UP,
	DIRECTIONS_DOWN = 1 << DIRECTION_DOWN,
	DIRECTIONS_BOTH = 3
};

/* Which bytes a rate or an amount counts. Words: "l2", "l3", "payload". */
enum count_layer {
	COUNT_L2,      /* Ethernet frame with FCS, packet_l2_bytes() */
	COUNT_L3,      /* IP packet */
	COUNT_PAYLOAD, /* after the TCP or UDP header */
	COUNT_LAYERS,
};

/* One packet of a flow as a throttle sees it. Totals include this packet. */
struct throttle_input {
	uint64_t now_ns; /* when it reaches this step: later than it came when an earlier step holds
			    it. May run backwards between flows that share a state, by as much. */
	uint64_t key;    /* random key of this flow and this step, see prng.h */
	uint32_t bytes[COUNT_LAYERS]; /* of this packet */
	uint64_t flow_packets[2];     /* by enum direction, since the flow's first packet */
	uint64_t flow_l3_bytes[2];
	uint64_t flow_payload_bytes[2];
	uint64_t packets_since_decision; /* 1 for the packet that decided the flow's rule */
	uint64_t bytes_since_decision;   /* L3, without that one and this one */
	uint64_t ns_since_decision;      /* as it came, whatever held it since */
	uint8_t direction;               /* enum direction */
	uint8_t tcp_flags;               /* enum tcp_flag, 0: not TCP */
	bool reset;                      /* they have RST */
	bool pure_ack;  /* TCP with ACK, no payload, and none of SYN, FIN and RST */
	bool penalised; /* the flow pays for another: what follows a trigger is long over */
};

/* Who shares one state of a throttle. Words of `per`: flow, inside-host, rule, and direction to
 * have one for each direction. */
enum throttle_scope {
	SCOPE_FLOW,
	SCOPE_INSIDE_HOST,
	SCOPE_RULE,
};

struct throttle_per {
	uint8_t scope; /* enum throttle_scope */
	bool by_direction;
};

/* "25 packets" or "16384B". */
struct throttle_amount {
	uint64_t value;
	bool packets; /* else bytes */
};

/* What may wait: "100kB", "200ms", or both. 0: not said. */
struct throttle_queue {
	uint64_t bytes;
	uint64_t time_ns;
};

/* How a parameter is written and stored. The comment names the C type at `offset`. */
enum throttle_param_type {
	PARAM_RATE,        /* uint64_t bit/s, 1 to 400e9; "140kbit/s" */
	PARAM_BYTES,       /* uint64_t; "17500B", "16KiB" */
	PARAM_PACKETS,     /* uint64_t; "5 packets" */
	PARAM_AMOUNT,      /* struct throttle_amount; bytes or packets */
	PARAM_PROBABILITY, /* uint64_t, probability * 2^64 saturated; "0.9" or "90%" */
	PARAM_DURATION,    /* uint64_t ns; "50ms" */
	PARAM_NUMBER,      /* uint64_t, 1e-9; "2.5" */
	PARAM_QUEUE,       /* struct throttle_queue; bytes, a duration, or a list of one each */
	PARAM_CHOICE,      /* uint8_t, index into choices */
	PARAM_DIRECTIONS,  /* uint8_t, DIRECTIONS_ bits; "up", "down", "both" */
	PARAM_PER,         /* struct throttle_per; one word or a list of words */
	PARAM_ONSET,       /* struct onset; packets, bytes or a duration, or a list of two */
};

struct throttle_param {
	const char *word;
	const char *help;           /* one line, for `model explain`, --help and the README */
	const char *const *choices; /* PARAM_CHOICE: NULL-terminated */
	size_t offset;              /* into the kind's parameter struct */
	uint8_t type;               /* enum throttle_param_type */
	bool required;              /* else the bytes set by defaults() stay */
};

struct throttle_kind {
	const char *word; /* in the model language */
	const char *help;
	const struct throttle_param *params; /* ends with a row whose word is NULL */
	/* Fills a zeroed parameter block with what holds when nothing is said. */
	void (*defaults)(void *params);
	/* Checks the parameters together and computes what apply() needs. NULL, or what is wrong
	 * and what is allowed (static text). *word is then the parameter to point at. */
	const char *(*prepare)(void *params, const char **word);
	/* Offset of struct throttle_per in the parameters, or -1: state is per flow. */
	int per_offset;
	uint16_t state_size; /* bytes for one state, 0 when none; multiple of 8 */
	/* DROP_NONE when the packet goes on, else why it does not. *leaves_ns is now_ns at first;
	 * a kind that holds packets sets it to the time at which this one goes on. */
	enum drop_reason (*apply)(const void *params, void *state,
		const struct throttle_input *packet, uint64_t *leaves_ns);
	/* True when a count that it keeps has been reached, so that it would act on this packet: an
	 * undecided flow must be decided now. May be NULL. */
	bool (*due)(const void *params, const struct throttle_input *packet);
	/* True when this packet is answered by others, or goes on as another: the parameters are
	 * then a struct reset (dataplane/reset.h). One step of a rule may have it. May be NULL. */
	bool (*makes)(const void *params, const struct throttle_input *packet);
};

enum {
	THROTTLE_PARAMS_BYTES = 64, /* the largest parameter struct */
	THROTTLE_STATE_BYTES = 64,  /* all per-flow states of one rule together */
	THROTTLE_SHARED_BYTES = 16, /* the largest state of one throttle: what workers can share */
	THROTTLE_KINDS_MAX = 16,
};

/* Words that every kind has beside its own: what they say is not in its parameters but in struct
 * throttle (ruleset.h), whose offsets these are. */
extern const struct throttle_param throttle_common[];

/* Ends with NULL. Its order is the order of help texts and counters. */
extern const struct throttle_kind *const throttle_kinds[];

extern const char *const count_layer_words[]; /* "l2", "l3", "payload", NULL */

/* The largest packet that 1500-byte links carry, as each layer counts it (TCP and IPv4 headers
 * without options): what cannot hold it passes no full packet, ever. */
extern const uint64_t count_layer_full[COUNT_LAYERS];

/* No throttle holds a packet longer: an hour. */
#define THROTTLE_HOLD_NS_MAX (3600ull * 1000 * 1000 * 1000)

#endif
