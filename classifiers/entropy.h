/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a connection's first payload looks fully encrypted, as the box of Wu et al. decides it
 * ("How the Great Firewall of China Detects and Blocks Fully Encrypted Traffic", USENIX Security
 * 2023, algorithm 1): it does when none of five exemptions holds.
 */
#ifndef SLUICE_ENTROPY_H
#define SLUICE_ENTROPY_H

#include "span.h"

/* Statistics of one payload. Printable is 0x20 to 0x7e. */
struct entropy {
	uint32_t bytes;
	uint64_t set_bits;
	uint32_t printable;      /* bytes anywhere */
	uint32_t printable_lead; /* bytes at the beginning */
	uint32_t printable_run;  /* bytes of the longest run */
};

enum entropy_exemption {
	ENTROPY_NONE,           /* fully encrypted */
	ENTROPY_SET_BITS,       /* Ex1: mean per byte <= 3.4 or >= 4.6; an empty payload too */
	ENTROPY_PRINTABLE_LEAD, /* Ex2: the first six bytes or more */
	ENTROPY_PRINTABLE_HALF, /* Ex3: more than half of all */
	ENTROPY_PRINTABLE_RUN,  /* Ex4: more than 20 in a row */
	ENTROPY_KNOWN,          /* Ex5: TLS record or HTTP request */
};

/* O(bytes). */
struct entropy entropy_of(struct span payload);
/* The first exemption that holds, in the order above. */
enum entropy_exemption entropy_exemption(struct span payload);

#endif
