/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an end has got of a stream, and when it acknowledges it: at once what is out of order or
 * fills a gap; with what follows within 150 us (interrupts are moderated, and kernels take several
 * segments as one) each segment while the flow is young, and two of them later; one alone after 40
 * ms.
 */
#ifndef SLUICE_RECEIVER_H
#define SLUICE_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/virtual/framing.h"

enum { RECEIVER_RANGES = 512 };

struct receiver_range {
	uint64_t start, end;
};

struct receiver {                                      /* zeroed, it has got nothing */
	uint64_t next;                                 /* all before it is here */
	uint64_t unique;                               /* bytes that are here */
	struct receiver_range ranges[RECEIVER_RANGES]; /* beyond, the latest first */
	unsigned count;
	unsigned quick;   /* segments that were acknowledged at once because the flow is young */
	unsigned pending; /* segments not acknowledged */
};

enum receiver_answer { RECEIVER_NOTHING, RECEIVER_LATER, RECEIVER_SOON, RECEIVER_NOW };

#define RECEIVER_SOON_NS  150000ull
#define RECEIVER_DELAY_NS 40000000ull

/* Takes a segment in; when it is to be acknowledged. More ranges than there is room for are
 * forgotten, and come again. */
enum receiver_answer receiver_take(struct receiver *receiver, uint64_t start, uint32_t len);

/* What was taken is acknowledged. */
void receiver_acknowledged(struct receiver *receiver);

#endif
