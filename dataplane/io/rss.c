/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/rss.h"

#include "dataplane/prng.h"

#include <rte_ethdev.h>
#include <rte_version.h>
#include <stdio.h>
#include <string.h>

/* Hash algorithms can be named since this version. */
#define NAMES_ALGORITHMS (RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0))

/* The types without which a flow's packets would not all be spread alike. */
static const uint64_t wanted_types = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP;
static const uint64_t needed_types = RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP |
				     RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;

enum { TRIES = 64, TUPLE_MAX = 36 };

/* Asking */

#if NAMES_ALGORITHMS
static enum rte_eth_hash_function best_algorithm(const struct rte_eth_dev_info *info)
{
	static const enum rte_eth_hash_function best_first[] = {
		RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ_SORT,
		RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ,
		RTE_ETH_HASH_FUNCTION_TOEPLITZ,
	};

	for (size_t i = 0; i < RTE_DIM(best_first); i++) {
		if (info->rss_algo_capa & RTE_ETH_HASH_ALGO_TO_CAPA(best_first[i]))
			return best_first[i];
	}
	return RTE_ETH_HASH_FUNCTION_DEFAULT;
}
#endif

void rss_ask(struct rte_eth_conf *configuration, const struct rte_eth_dev_info *info,
	uint8_t key[RSS_KEY_MAX])
{
	struct rte_eth_rss_conf *rss = &configuration->rx_adv_conf.rss_conf;

	if (!(info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH) ||
		(info->flow_type_rss_offloads & needed_types) != needed_types ||
		info->hash_key_size < TUPLE_MAX + 4 || info->hash_key_size > RSS_KEY_MAX)
		return;
	for (unsigned i = 0; i < RSS_KEY_MAX; i++)
		key[i] = i % 2 ? 0x5a : 0x6d;
	configuration->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	configuration->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
	rss->rss_key = key;
	rss->rss_key_len = info->hash_key_size;
	rss->rss_hf = wanted_types & info->flow_type_rss_offloads;
#if NAMES_ALGORITHMS
	rss->algorithm = best_algorithm(info);
#endif
}

/* Reading back */

static bool read_table(struct rss *rss, uint16_t port_id)
{
	struct rte_eth_rss_reta_entry64 groups[RSS_TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE];

	if (!rss->table_size || rss->table_size > RSS_TABLE_MAX)
		return false;
	memset(groups, 0, sizeof(groups));
	for (size_t i = 0; i < RTE_DIM(groups); i++)
		groups[i].mask = UINT64_MAX;
	if (rte_eth_dev_rss_reta_query(port_id, groups, rss->table_size) != 0)
		return false;
	for (unsigned i = 0; i < rss->table_size; i++)
		rss->table[i] =
			groups[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
	return true;
}

static bool read_key(struct rss *rss, uint16_t port_id)
{
	struct rte_eth_rss_conf conf = {.rss_key = rss->key, .rss_key_len = rss->key_size};

	if (rss->key_size > RSS_KEY_MAX || rte_eth_dev_rss_hash_conf_get(port_id, &conf) != 0)
		return false;
	rss->types = conf.rss_hf;
#if NAMES_ALGORITHMS
	rss->algorithm = conf.algorithm;
#endif
	return true;
}

void rss_read(struct rss *rss, uint16_t port_id, uint16_t queues)
{
	struct rte_eth_dev_info info;

	memset(rss, 0, sizeof(*rss));
	rss->queues = queues;
	if (rte_eth_dev_info_get(port_id, &info) != 0 ||
		!(info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH))
		return;
	snprintf(rss->driver, sizeof(rss->driver), "%s", info.driver_name);
	rss->key_size = info.hash_key_size;
	rss->table_size = info.reta_size;
	rss->known = read_key(rss, port_id) && read_table(rss, port_id);
}

/* Proving */

uint32_t rss_toeplitz(const uint8_t *key, const uint8_t *input, size_t size)
{
	uint32_t window = (uint32_t)key[0] << 24 | key[1] << 16 | key[2] << 8 | key[3];
	uint32_t hash = 0;

	for (size_t bit = 0; bit < size * 8; bit++) {
		if (input[bit / 8] >> (7 - bit % 8) & 1)
			hash ^= window;
		window = window << 1 | (key[bit / 8 + 4] >> (7 - bit % 8) & 1);
	}
	return hash;
}

/* Source address, destination address, source port, destination port; and back. */
static void make_tuple(uint8_t *there, uint8_t *back, size_t address, uint64_t number)
{
	for (size_t i = 0; i < 2 * address + 4; i++)
		there[i] = prng_draw(number, i);
	memcpy(back, there + address, address);
	memcpy(back + address, there, address);
	memcpy(back + 2 * address, there + 2 * address + 2, 2);
	memcpy(back + 2 * address + 2, there + 2 * address, 2);
}

bool rss_key_is_symmetric(const uint8_t *key, size_t key_size)
{
	uint8_t there[TUPLE_MAX], back[TUPLE_MAX];

	if (key_size < TUPLE_MAX + 4)
		return false;
	for (uint64_t number = 0; number < TRIES; number++) {
		size_t address = number % 2 ? 16 : 4;

		make_tuple(there, back, address, number);
		/* With ports, and without them as for other protocols. */
		for (size_t size = 2 * address; size <= 2 * address + 4; size += 4) {
			if (rss_toeplitz(key, there, size) != rss_toeplitz(key, back, size))
				return false;
		}
	}
	return true;
}

static bool is_symmetric(const struct rss *rss)
{
#if NAMES_ALGORITHMS
	if (rss->algorithm == RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ_SORT ||
		rss->algorithm == RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ)
		return true;
	if (rss->algorithm > RTE_ETH_HASH_FUNCTION_TOEPLITZ)
		return false;
#endif
	return rss_key_is_symmetric(rss->key, rss->key_size);
}

bool rss_agrees(const struct rss *one, const struct rss *other)
{
	return one->known && other->known && strcmp(one->driver, other->driver) == 0 &&
	       one->algorithm == other->algorithm && one->types == other->types &&
	       (one->types & needed_types) == needed_types && one->queues == other->queues &&
	       one->key_size == other->key_size &&
	       memcmp(one->key, other->key, one->key_size) == 0 &&
	       one->table_size == other->table_size &&
	       memcmp(one->table, other->table, one->table_size * sizeof(one->table[0])) == 0 &&
	       is_symmetric(one);
}
