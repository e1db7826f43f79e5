/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a connection's first payload looks fully encrypted, as the box of Wu et al. decides it
 * ("How the Great Firewall of China Detects and Blocks Fully Encrypted Traffic", USENIX Security
 * 2023, algorithm 1): it does when none of five exemptions holds.
 */
#ifndef SLUICE_ENTROPY_H
#define SLUICE_ENTROPY_H

#include "span.h"

enum entropy_prefix {
	ENTROPY_TLS = 1,  /* record types 0x16 and 0x17 of versions 3.0 to 3.9 */
	ENTROPY_HTTP = 2, /* GET, PUT, POST or HEAD, and a space */
};

/* Statistics of one payload. Printable is 0x20 to 0x7e. */
struct entropy {
	uint32_t bytes;
	uint32_t set_bits;
	uint32_t printable;      /* bytes anywhere */
	uint32_t printable_lead; /* bytes at the beginning */
	uint32_t printable_run;  /* bytes of the longest run */
	uint8_t prefix;          /* enum entropy_prefix, 0 neither */
};

/* What exempts a payload. Means and shares are in 1e-9. */
struct entropy_limits {
	uint64_t set_bits_low, set_bits_high; /* a mean per byte up to the first or from the second
						 on */
	uint32_t printable_share;             /* more than that of all bytes */
	uint16_t printable_lead;              /* that many first bytes, or more */
	uint16_t printable_run;               /* more than that many in a row */
	uint8_t prefixes;                     /* enum entropy_prefix bits */
};

extern const struct entropy_limits entropy_published; /* those of the paper */

enum entropy_exemption {
	ENTROPY_NONE,           /* fully encrypted */
	ENTROPY_SET_BITS,       /* Ex1: published are 3.4 and 4.6; an empty payload too */
	ENTROPY_PRINTABLE_LEAD, /* Ex2: 6 */
	ENTROPY_PRINTABLE_HALF, /* Ex3: half */
	ENTROPY_PRINTABLE_RUN,  /* Ex4: 20 */
	ENTROPY_KNOWN,          /* Ex5: both prefixes */
};

/* O(bytes). */
struct entropy entropy_of(struct span payload);
/* The first exemption that holds, in the order above. */
enum entropy_exemption entropy_exemption(
	const struct entropy *entropy, const struct entropy_limits *limits);

#endif
