/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/name_store.h"

#include <string.h>

/* A handle is the size's number in the upper two bits and the block's below. A block is one byte
 * length, then the name. */
enum { SIZE_SHIFT = 30, SIZE_MIN = 32 };

#define BLOCK_MASK ((1u << SIZE_SHIFT) - 1)

bool name_store_begin(struct name_store *store, uint32_t limit)
{
	bool good = true;

	for (int i = 0; i < NAME_SIZES; i++)
		good = good && pool_begin(&store->blocks[i], SIZE_MIN << i, limit);
	return good;
}

void name_store_end(struct name_store *store)
{
	for (int i = 0; i < NAME_SIZES; i++)
		pool_end(&store->blocks[i]);
}

uint32_t name_store_keep(struct name_store *store, struct span name)
{
	uint32_t size = 0;
	uint32_t number;
	uint8_t *block;

	if (!name.len || name.len > 255)
		return 0;
	while ((uint32_t)SIZE_MIN << size < name.len + 1)
		size++;
	number = pool_take_partly(&store->blocks[size], 0);
	if (!number)
		return 0;
	block = pool_at(&store->blocks[size], number);
	block[0] = name.len;
	memcpy(block + 1, name.data, name.len);
	return size << SIZE_SHIFT | number;
}

struct span name_store_at(const struct name_store *store, uint32_t handle)
{
	const uint8_t *block;

	if (!handle)
		return (struct span){NULL, 0};
	block = pool_at(&store->blocks[handle >> SIZE_SHIFT], handle & BLOCK_MASK);
	return (struct span){block + 1, block[0]};
}

void name_store_forget(struct name_store *store, uint32_t handle)
{
	if (handle)
		pool_give(&store->blocks[handle >> SIZE_SHIFT], handle & BLOCK_MASK);
}
