/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Blocks of one size, bounded, reserved at start and touched only as they are used: address space
 * follows the limit, memory follows what is in use. Blocks are named by number, so that a
 * reference costs four bytes; 0 is none. One thread.
 */
#ifndef SLUICE_POOL_H
#define SLUICE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
	uint8_t *blocks;
	size_t block_size;
	uint32_t limit; /* blocks */
	uint32_t used;
	uint32_t peak;
	uint32_t touched; /* blocks ever used: 1..touched */
	uint32_t first_free;
};

/* block_size is rounded up to 8. False when the address space cannot be had. */
bool pool_begin(struct pool *pool, size_t block_size, uint32_t limit);
void pool_end(struct pool *pool);

/* A zeroed block, or 0 when all are in use. O(block size). */
uint32_t pool_take(struct pool *pool);
/* The same, but only the first bytes are zeroed: for large blocks that need no clearing. */
uint32_t pool_take_partly(struct pool *pool, size_t zeroed);
void pool_give(struct pool *pool, uint32_t number);

static inline void *pool_at(const struct pool *pool, uint32_t number)
{
	return pool->blocks + (size_t)(number - 1) * pool->block_size;
}

#endif
