/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes written down in hex, as the RFCs print them.
 */
#ifndef SLUICE_HEX_H
#define SLUICE_HEX_H

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>

/* Reads pairs of hex digits with any white space between pairs; returns how many bytes. */
static inline uint32_t hex_bytes(const char *text, uint8_t *bytes, uint32_t room)
{
	uint32_t count = 0;
	unsigned int byte;

	for (;;) {
		while (isspace((unsigned char)*text))
			text++;
		if (*text == '\0')
			return count;
		assert(isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]));
		assert(count < room);
		sscanf(text, "%2x", &byte);
		bytes[count++] = (uint8_t)byte;
		text += 2;
	}
}

#endif
