/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <string.h>
#include <sys/mman.h>

bool pool_begin(struct pool *pool, size_t block_size, uint32_t limit)
{
	void *blocks;

	memset(pool, 0, sizeof(*pool));
	pool->block_size = (block_size + 7) & ~(size_t)7;
	pool->limit = limit;
	blocks = mmap(NULL, pool->block_size * limit, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (blocks == MAP_FAILED)
		return false;
	pool->blocks = blocks;
	return true;
}

void pool_end(struct pool *pool)
{
	if (pool->blocks)
		munmap(pool->blocks, pool->block_size * pool->limit);
	memset(pool, 0, sizeof(*pool));
}

uint32_t pool_take_partly(struct pool *pool, size_t zeroed)
{
	uint32_t number = pool->first_free;

	if (number)
		memcpy(&pool->first_free, pool_at(pool, number), sizeof(pool->first_free));
	else if (pool->touched < pool->limit)
		number = ++pool->touched;
	else
		return 0;
	memset(pool_at(pool, number), 0, zeroed);
	if (++pool->used > pool->peak)
		pool->peak = pool->used;
	return number;
}

uint32_t pool_take(struct pool *pool)
{
	return pool_take_partly(pool, pool->block_size);
}

void pool_give(struct pool *pool, uint32_t number)
{
	if (!number)
		return;
	memcpy(pool_at(pool, number), &pool->first_free, sizeof(pool->first_free));
	pool->first_free = number;
	pool->used--;
}
