/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The internet checksum (RFC 1071) and how it is updated (RFC 1624, equation 3): a sum of 16-bit
 * words in ones' complement, where -m is ~m and a carry goes round.
 */
#ifndef SLUICE_CHECKSUM_H
#define SLUICE_CHECKSUM_H

#include <stdint.h>

static inline uint32_t be16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static inline void put_be16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline uint32_t checksum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/* An odd last byte is the high half of a word. The sum has room for 2^48 words. */
static inline uint64_t checksum_sum(const uint8_t *at, uint32_t bytes)
{
	uint64_t sum = bytes % 2 ? (uint64_t)at[bytes - 1] << 8 : 0;

	for (uint32_t i = 0; i + 1 < bytes; i += 2)
		sum += be16(at + i);
	return sum;
}

/* m' - m: what the sum grows by when a word changes from m to m'. */
static inline uint64_t checksum_growth(uint32_t before, uint32_t after)
{
	return before == after ? 0 : (~before & 0xffff) + (uint64_t)after;
}

/* HC' = ~(~HC + (m' - m)). */
static inline uint32_t checksum_update(uint32_t checksum, uint64_t growth)
{
	return ~checksum_fold((~checksum & 0xffff) + growth) & 0xffff;
}

#endif
