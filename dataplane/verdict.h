/* SPDX-License-Identifier: BSD-3-Clause */
/* What the pipeline says of one packet. */
#ifndef SLUICE_VERDICT_H
#define SLUICE_VERDICT_H

#include "dataplane/throttle/drops.h"

#include <stdint.h>

struct reset;

/* What happens to the packet. */
enum fate {
	FATE_FORWARD,
	FATE_DROP, /* why: verdict.drop */
	FATE_HOLD, /* until verdict.leaves_ns; then the caller says pipeline_release() */
};

/* Why a flow has its rule, or has none. In flows.csv and in packet comments. */
#define DECISIONS(X)                                                                        \
	X(UNDECIDED, "undecided") /* the flow ended, or goes on, before that */             \
	X(HEADER, "header")       /* addresses, ports, protocol, initiator */               \
	X(TLS_SNI, "tls.sni")                                                               \
	X(QUIC, "quic") /* length and version of a datagram */                              \
	X(QUIC_SNI, "quic.sni")                                                             \
	X(TLS_HELLO, "tls.hello") /* its version, shares, protocols, fingerprints */        \
	X(DTLS_SNI, "dtls.sni")                                                             \
	X(HTTP_HOST, "http.host")                                                           \
	X(FIRST_PAYLOAD, "first-payload") /* what the client sent first looks like */       \
	X(APP, "app")                     /* what the flow was classified as */             \
	X(BUDGET, "budget-spent")         /* inspection ended without a match */            \
	X(GAVE_UP, "gave-up")             /* a first packet that was not recognised */      \
	X(COUNT_DUE, "count-due")         /* a count was reached before inspection ended */ \
	X(NO_ROOM, "no-room-to-inspect")  /* too many flows under inspection */             \
	X(REPLACED, "rules-replaced")     /* by what was known when new rules came */       \
	X(RESIDUAL, "residual")           /* another flow of its key was penalised */

enum decision {
#define X(name, word) DECISION_##name,
	DECISIONS(X)
#undef X
		DECISION_COUNT,
};

/* Why a packet has no flow; after the decisions, so that one number tells both. */
enum {
	REASON_NOT_IP = DECISION_COUNT,
	REASON_FRAGMENT,
	REASON_TRUNCATED,
	REASON_MALFORMED,
	REASON_OUT_OF_SCOPE, /* an end outside the testbed: never looked at, never stored */
	REASON_UNTRACKED,    /* the flow table is full of flows that may not be evicted */
	REASON_COUNT,
};

extern const char *const reason_words[REASON_COUNT];

struct verdict {
	uint64_t flow;             /* id: packet.index of the flow's first packet; 0 none */
	uint64_t leaves_ns;        /* FATE_FORWARD: the packet's own time; FATE_HOLD: later */
	const struct reset *reset; /* what the box makes in answer to it, `delay_ns` after
				      leaves_ns; NULL nothing. Lives as long as the ruleset */
	uint32_t flow_packet;      /* which packet of its flow, from 1 */
	uint16_t rule;             /* RULE_UNDECIDED, RULE_NONE or a slot (ruleset.h) */
	uint16_t counted;          /* row of counters.rules, or RULE_NONE */
	uint16_t master, app;      /* class of the flow so far */
	uint8_t fate;              /* enum fate */
	uint8_t drop;              /* FATE_DROP: enum drop_reason */
	uint8_t reason;            /* enum decision or REASON_ */
	uint8_t direction;         /* enum direction */
};

/* struct held.counted of what the box made itself (reset.h), which no row counts. */
enum { HELD_MADE = 0xfffe };

/* Where a packet was counted, so that what becomes of it later is counted there too: filled by
 * pipeline_held() and kept by the caller while it keeps the packet. */
struct held {
	uint32_t bytes;   /* as they were counted */
	uint32_t born;    /* generation at which the row began to be this rule's */
	uint16_t port;    /* packet.port */
	uint16_t counted; /* verdict.counted */
};

#endif
