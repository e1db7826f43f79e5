/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive-side scaling of cards, such that both directions of a flow come to the same queue
 * number. Trusted only when it can be proven at start from what the driver says: the key is read
 * back, hashed with in software for flows in both directions, and the tables of all ports are
 * compared. Nothing is sent. A driver that does not deliver the hash with the packet (virtual
 * devices accept any setting) is not trusted.
 */
#ifndef SLUICE_RSS_H
#define SLUICE_RSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_eth_dev_info;
struct rte_eth_conf;

enum { RSS_KEY_MAX = 64, RSS_TABLE_MAX = 2048 };

/* How a port spreads packets over its queues. */
struct rss {
	bool known; /* the driver has told all of it, and delivers hashes */
	char driver[32];
	uint32_t algorithm; /* enum rte_eth_hash_function; 0 before DPDK 23.11 */
	uint64_t types;     /* RTE_ETH_RSS_ bits in force */
	uint16_t queues, table_size;
	uint8_t key_size;
	uint8_t key[RSS_KEY_MAX];
	uint16_t table[RSS_TABLE_MAX]; /* queue by hash modulo table_size */
};

/* Asks for the best symmetric hash the driver offers: SYMMETRIC_TOEPLITZ_SORT, else
 * SYMMETRIC_TOEPLITZ, else Toeplitz with a key that repeats every 16 bits. `key` must live until
 * the device is configured. Changes nothing when the driver has none. */
void rss_ask(struct rte_eth_conf *configuration, const struct rte_eth_dev_info *info,
	uint8_t key[RSS_KEY_MAX]);

/* After the device has been started. */
void rss_read(struct rss *rss, uint16_t port_id, uint16_t queues);

/* Both directions of a flow that come in by two such ports meet on one queue number. */
bool rss_agrees(const struct rss *one, const struct rss *other);

/* The Toeplitz hash of Microsoft's RSS specification. `key_size` at least size + 4. */
uint32_t rss_toeplitz(const uint8_t *key, const uint8_t *input, size_t size);

/* Whether the key gives one hash to both directions of flows, tried on some of each family. */
bool rss_key_is_symmetric(const uint8_t *key, size_t key_size);

#endif
