/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chance as a function of its arguments: the same seed, key and position give the same bits, on
 * any worker, in any order. There is no generator with a state to share or to advance.
 *
 * The mixing step is a 64 x 64 -> 128 bit multiplication folded by xor, as in wyhash.
 */
#ifndef SLUICE_PRNG_H
#define SLUICE_PRNG_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t prng_mix(uint64_t a, uint64_t b)
{
	__uint128_t product =
		(__uint128_t)(a ^ 0xa0761d6478bd642full) * (b ^ 0xe7037ed1a0b428dbull);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* 64 random bits for one position of one key. */
static inline uint64_t prng_draw(uint64_t key, uint64_t position)
{
	return prng_mix(prng_mix(key, position), 0x8ebc6af09c88c6e3ull);
}

/* True with probability p / 2^64; UINT64_MAX is always. */
static inline bool prng_hits(uint64_t draw, uint64_t probability)
{
	return draw < probability || probability == UINT64_MAX;
}

#endif
