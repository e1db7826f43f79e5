/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/peer_hash.h"

#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <stdio.h>

enum { PEER_BURST = 32 };

struct peer_hash *peer_hash_new(uint32_t entries)
{
	static unsigned made;
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters parameters = {
		.name = name,
		.entries = entries < 64 ? 64 : entries + entries / 8,
		.key_len = sizeof(struct flow_key),
		.hash_func = rte_hash_crc,
	};

	snprintf(name, sizeof(name), "peer_hash%u", made++);
	return (struct peer_hash *)rte_hash_create(&parameters);
}

void peer_hash_free(struct peer_hash *hash)
{
	rte_hash_free((struct rte_hash *)hash);
}

bool peer_hash_add(struct peer_hash *hash, const struct flow_key *key, uint32_t data)
{
	return rte_hash_add_key_data((struct rte_hash *)hash, key, (void *)((uintptr_t)data + 1)) ==
	       0;
}

void peer_hash_reset(struct peer_hash *hash)
{
	rte_hash_reset((struct rte_hash *)hash);
}

void peer_hash_find_bulk(struct peer_hash *hash, const struct flow_key *keys, uint32_t *data)
{
	const void *key_of[PEER_BURST];
	void *found[PEER_BURST];
	uint64_t hits = 0;

	for (unsigned i = 0; i < PEER_BURST; i++)
		key_of[i] = &keys[i];
	rte_hash_lookup_bulk_data((struct rte_hash *)hash, key_of, PEER_BURST, &hits, found);
	for (unsigned i = 0; i < PEER_BURST; i++)
		data[i] = hits >> i & 1 ? (uintptr_t)found[i] - 1 : UINT32_MAX;
}

uint32_t peer_hash_find(struct peer_hash *hash, const struct flow_key *key)
{
	void *found;

	if (rte_hash_lookup_data((struct rte_hash *)hash, key, &found) < 0)
		return UINT32_MAX;
	return (uintptr_t)found - 1;
}
