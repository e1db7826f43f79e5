/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be measured of an experiment at its ends: the words that an expectation may have beside
 * its script, as a table.
 */
#ifndef SLUICE_OBSERVABLES_H
#define SLUICE_OBSERVABLES_H

#include <stdio.h>

enum observable {
	OBSERVABLE_GOODPUT,
	OBSERVABLE_GOODPUT_UP,
	OBSERVABLE_GOODPUT_DOWN,
	OBSERVABLE_GOODPUT_SUM,
	OBSERVABLE_DURATION,
	OBSERVABLE_DELAY,
	OBSERVABLE_PAYLOAD_UP,
	OBSERVABLE_PAYLOAD_DOWN,
	OBSERVABLE_KNEE,
	OBSERVABLE_PACKETS,
	OBSERVABLE_PACKETS_UP,
	OBSERVABLE_PACKETS_DOWN,
	OBSERVABLE_PACKETS_AFTER,
	OBSERVABLE_DECIDED_AT,
	OBSERVABLE_RST,
	OBSERVABLE_LOSS,
	OBSERVABLE_SHARE,
	OBSERVABLE_DELIVERED,
	OBSERVABLE_SLOWER,
	OBSERVABLE_FASTER,
	OBSERVABLE_THROTTLED,
	OBSERVABLE_FROZEN,
	OBSERVABLE_ARRIVES,
	OBSERVABLE_CONNECTED,
	OBSERVABLE_RULE,
	OBSERVABLE_CLASS,
	OBSERVABLE_VERDICT,
	OBSERVABLES,
};

enum observable_kind {
	OBSERVABLE_RATE,  /* bit/s */
	OBSERVABLE_TIME,  /* s */
	OBSERVABLE_BYTES, /* B */
	OBSERVABLE_COUNT,
	OBSERVABLE_PART,   /* 0 to 1 */
	OBSERVABLE_FACTOR, /* of what is wanted only the lower bound counts */
	OBSERVABLE_YESNO,  /* 0 or 1 */
	OBSERVABLE_WORD,
};

struct observable_row {
	const char *word;
	enum observable_kind kind;
	const char *help;
};

extern const struct observable_row observables[OBSERVABLES];

void observables_print(FILE *out);

#endif
