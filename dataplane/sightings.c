/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/sightings.h"

#include <string.h>

/* A handle is the size's number in the upper bits and the block's below. */
enum { SIZE_SHIFT = 29 };

#define BLOCK_MASK ((1u << SIZE_SHIFT) - 1)

void sightings_begin(struct sightings *sightings, uint32_t limit)
{
	memset(sightings, 0, sizeof(*sightings));
	sightings->limit = limit;
}

void sightings_end(struct sightings *sightings)
{
	for (int i = 0; i < SIGHTING_SIZES; i++)
		pool_end(&sightings->blocks[i]);
}

void sightings_fit(struct sightings *sightings, uint32_t words)
{
	struct pool *pool;

	sightings->words = words;
	sightings->size = 0;
	while (1u << 2 * sightings->size < words)
		sightings->size++;
	pool = &sightings->blocks[sightings->size];
	if (!pool->blocks)
		pool_begin(pool, sizeof(uint64_t) << 2 * sightings->size, sightings->limit);
	if (!pool->blocks)
		pool->limit = 0;
}

uint32_t sightings_take(struct sightings *sightings)
{
	uint32_t number = pool_take_partly(
		&sightings->blocks[sightings->size], sightings->words * sizeof(uint64_t));

	return number ? sightings->size << SIZE_SHIFT | number : 0;
}

uint64_t *sightings_at(const struct sightings *sightings, uint32_t handle)
{
	return pool_at(&sightings->blocks[handle >> SIZE_SHIFT], handle & BLOCK_MASK);
}

void sightings_give(struct sightings *sightings, uint32_t handle)
{
	if (handle)
		pool_give(&sightings->blocks[handle >> SIZE_SHIFT], handle & BLOCK_MASK);
}
