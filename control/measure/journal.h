/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every copy of data that the flows of a capture sent, and what became of it. A flow's journals
 * outlive its connection: devices that several flows share are found when all are known.
 */
#ifndef SLUICE_MEASURE_JOURNAL_H
#define SLUICE_MEASURE_JOURNAL_H

#include "control/measure/connections.h"

#include <stddef.h>

enum copy_fate { COPY_PASSED, COPY_LOST, COPY_UNSEEN /* the capture missed it */ };

enum copy_flag {
	COPY_AGAIN = 1,
	COPY_BEGINS = 2,    /* nothing was on its way before it */
	COPY_ASKED = 4,     /* and the other side had sent data since the copy before */
	COPY_ABSENT = 8,    /* lost before the capture: its time is that of the one after it */
	COPY_PENDING = 16,  /* never acknowledged: its fate is not known */
	COPY_NEEDLESS = 32, /* its data had been acknowledged, as the capture saw */
};

struct copy {
	uint64_t time_ns;
	uint64_t begin;             /* of its data, unwrapped */
	uint32_t rtt_us;            /* 0: not known */
	uint16_t payload, overhead; /* bytes; overhead: IP and TCP headers */
	uint8_t fate, flags;
};

/* The copies of one direction, by number. */
struct journal {
	struct copy *copies;
	uint32_t count, room;
	uint64_t packets; /* of this direction, with and without data */
	uint64_t payload; /* bytes */
	uint64_t first_ns, last_ns;
	uint64_t rtt_min_ns; /* 0: not known */
	uint8_t vantage;     /* enum vantage */
};

struct flow_journals {
	uint64_t id;
	uint8_t client[16], server[16];
	uint16_t client_port, server_port;
	uint8_t ip_version, proto;
	bool asked[2]; /* while it goes on: data of the other direction since the last copy */
	bool reset;    /* a RST was seen */
	bool finished; /* a FIN was seen */
	struct journal journals[2]; /* by direction */
};

struct journals {
	struct flow_journals **flows; /* in the order of their ends; see journals_sort */
	size_t count, room;
	uint64_t copies, copies_max; /* what is kept in all; beyond it nothing is written down */
	uint64_t forgone;            /* copies that were not */
	bool failed;                 /* memory is gone */
};

void journals_packet(struct journals *journals, struct connection *connection,
	enum direction direction, const struct packet *packet);
void journals_heard(struct journals *journals, struct connection *connection,
	enum direction direction, const struct track_event *event);
void journals_ended(struct journals *journals, struct connection *connection);

/* By the number of the first packet. */
void journals_sort(struct journals *journals);
void journals_free(struct journals *journals);

/* For listeners of passage.h, whose context is a struct journals. */
extern const struct connections_listener journals_listener;

#endif
