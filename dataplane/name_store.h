/* SPDX-License-Identifier: BSD-3-Clause */
/* Host names of live flows: copies in blocks of a few sizes, bounded. One thread. */
#ifndef SLUICE_NAME_STORE_H
#define SLUICE_NAME_STORE_H

#include "classifiers/pool.h"
#include "classifiers/span.h"

enum { NAME_SIZES = 4 };

struct name_store {
	struct pool blocks[NAME_SIZES]; /* of 32, 64, 128 and 256 bytes */
};

/* `limit`: most names of each size. False when address space cannot be had. */
bool name_store_begin(struct name_store *store, uint32_t limit);
void name_store_end(struct name_store *store);

/* A handle of a copy of the name (1 to 255 bytes), 0 when there is no room. */
uint32_t name_store_keep(struct name_store *store, struct span name);
struct span name_store_at(const struct name_store *store, uint32_t handle); /* empty for 0 */
void name_store_forget(struct name_store *store, uint32_t handle);          /* 0 is fine */

#endif
