/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run of bytes that somebody else owns, and what a parser found in it.
 *
 * Parsers never copy: what they return points into what they were given and lives as long.
 */
#ifndef SLUICE_SPAN_H
#define SLUICE_SPAN_H

#include <stdint.h>

struct span {
	const uint8_t *data;
	uint32_t len; /* bytes */
};

/* Every recogniser answers with one of three words; only NOT_YET asks for more bytes. */
enum finding {
	FINDING_IS_NOT,
	FINDING_NOT_YET,
	FINDING_IS,
};

#endif
