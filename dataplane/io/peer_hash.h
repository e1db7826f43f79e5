/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's rte_hash with 16-byte keys and a number as data, to be measured beside our flow table. For
 * sluice bench; needs eal_begin(). */
#ifndef SLUICE_PEER_HASH_H
#define SLUICE_PEER_HASH_H

#include "dataplane/flow_key.h"

#include <stdbool.h>
#include <stdint.h>

struct peer_hash;

struct peer_hash *peer_hash_new(uint32_t entries); /* NULL: no memory */
void peer_hash_free(struct peer_hash *hash);

bool peer_hash_add(struct peer_hash *hash, const struct flow_key *key, uint32_t data);
void peer_hash_reset(struct peer_hash *hash); /* no entries any more */

/* 32 keys at a time: data of each, UINT32_MAX where there is none. */
void peer_hash_find_bulk(struct peer_hash *hash, const struct flow_key *keys, uint32_t *data);
uint32_t peer_hash_find(struct peer_hash *hash, const struct flow_key *key);

#endif
