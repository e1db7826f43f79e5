/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/peer_loop.h"

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_meter.h>
#include <rte_udp.h>
#include <stdio.h>
#include <string.h>

enum { PEER_BURST = 32, NS_PER_SECOND = 1000000000 };

/* Lower end first, so that both directions have one key. */
struct peer_key {
	uint8_t low[16], high[16];
	uint16_t low_port, high_port;
	uint32_t kind;
	uint64_t zero; /* 48 bytes are compared by vector instructions, 40 by memcmp() */
};

struct peer_entry {
	uint64_t packets[2], bytes[2], last_ns;
	struct rte_meter_srtcm meter;
} __rte_cache_aligned;

struct peer_loop {
	struct rte_hash *hash;
	struct peer_entry *entries;
	struct rte_meter_srtcm_profile profile;
	uint64_t missed, red;
	uint32_t count, limit;
	bool bulk;
};

struct peer_loop *peer_loop_new(uint32_t flows, bool bulk)
{
	static unsigned made;
	struct peer_loop *loop = rte_zmalloc("peer", sizeof(*loop), 64);
	struct rte_meter_srtcm_params meter = {1250000, 100000, 0};
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters hash = {
		.name = name,
		.entries = flows < 64 ? 64 : flows + flows / 8,
		.key_len = sizeof(struct peer_key),
		.hash_func = rte_hash_crc,
	};

	if (!loop)
		return NULL;
	snprintf(name, sizeof(name), "peer%u", made++);
	*loop = (struct peer_loop){.bulk = bulk, .limit = flows};
	loop->hash = rte_hash_create(&hash);
	loop->entries = rte_zmalloc("peer", sizeof(*loop->entries) * (size_t)flows, 64);
	if (loop->hash && loop->entries &&
		rte_meter_srtcm_profile_config(&loop->profile, &meter) == 0)
		return loop;
	peer_loop_free(loop);
	return NULL;
}

void peer_loop_free(struct peer_loop *loop)
{
	if (!loop)
		return;
	rte_hash_free(loop->hash);
	rte_free(loop->entries);
	rte_free(loop);
}

static void put_ends(struct peer_key *key, const void *source, const void *destination, size_t size,
	const struct rte_udp_hdr *udp, bool *low)
{
	int order = memcmp(source, destination, size);

	*low = order < 0 || (!order && udp->src_port <= udp->dst_port);
	memcpy(*low ? key->low : key->high, source, size);
	memcpy(*low ? key->high : key->low, destination, size);
	key->low_port = *low ? udp->src_port : udp->dst_port;
	key->high_port = *low ? udp->dst_port : udp->src_port;
}

/* *upper: the server is in the upper half, with either end as the server. */
static bool read_key(
	const uint8_t *frame, uint32_t length, struct peer_key *key, bool *low, bool *upper)
{
	const struct rte_ether_hdr *ether = (const void *)frame;
	uint16_t type = ether->ether_type;
	const uint8_t *at = frame + sizeof(*ether);

	memset(key, 0, sizeof(*key));
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		type = ((const struct rte_vlan_hdr *)at)->eth_proto;
		at += sizeof(struct rte_vlan_hdr);
	}
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && length >= 42) {
		const struct rte_ipv4_hdr *ip = (const void *)at;

		key->kind = 4u << 8 | ip->next_proto_id;
		put_ends(key, &ip->src_addr, &ip->dst_addr, 4,
			(const void *)(at + rte_ipv4_hdr_len(ip)), low);
		*upper = key->high[0] == 198 && key->high[1] == 19;
		return true;
	}
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && length >= 62) {
		const struct rte_ipv6_hdr *ip = (const void *)at;

		key->kind = 6u << 8 | ip->proto;
		put_ends(key, (const uint8_t *)ip + 8, (const uint8_t *)ip + 24, 16,
			(const void *)(ip + 1), low);
		*upper = key->high[3] == 0x0b && key->high[4] & 0x80;
		return true;
	}
	return false;
}

void peer_loop_open(struct peer_loop *loop, const uint8_t *frame, uint32_t length)
{
	struct peer_key key;
	bool low, upper;
	uint32_t i = loop->count;

	if (i == loop->limit || !read_key(frame, length, &key, &low, &upper))
		return;
	rte_meter_srtcm_config(&loop->entries[i].meter, &loop->profile);
	if (rte_hash_add_key_data(loop->hash, &key, (void *)(uintptr_t)(i + 1)) == 0)
		loop->count++;
}

static void find(struct peer_loop *loop, const void **keys, void **found)
{
	uint64_t hits = 0;

	memset(found, 0, PEER_BURST * sizeof(*found));
	if (loop->bulk) {
		rte_hash_lookup_bulk_data(loop->hash, keys, PEER_BURST, &hits, found);
		for (unsigned i = 0; i < PEER_BURST; i++)
			found[i] = hits >> i & 1 ? found[i] : NULL;
		return;
	}
	for (unsigned i = 0; i < PEER_BURST; i++) {
		if (rte_hash_lookup_data(loop->hash, keys[i], &found[i]) < 0)
			found[i] = NULL;
	}
}

static void count(struct peer_loop *loop, struct peer_entry *entry, uint32_t length, bool low,
	bool upper, uint64_t now_ns)
{
	entry->packets[low]++;
	entry->bytes[low] += length;
	entry->last_ns = now_ns;
	if (upper && rte_meter_srtcm_color_blind_check(&entry->meter, &loop->profile,
			     rte_get_tsc_cycles(), length) == RTE_COLOR_RED)
		loop->red++;
}

void peer_loop_burst(
	struct peer_loop *loop, const uint8_t *const *frames, uint32_t length, uint64_t now_ns)
{
	struct peer_key keys[PEER_BURST];
	const void *key_of[PEER_BURST];
	void *found[PEER_BURST];
	bool low[PEER_BURST], upper[PEER_BURST];

	for (unsigned i = 0; i < PEER_BURST; i++) {
		read_key(frames[i], length, &keys[i], &low[i], &upper[i]);
		key_of[i] = &keys[i];
	}
	find(loop, key_of, found);
	for (unsigned i = 0; i < PEER_BURST; i++) {
		if (found[i])
			rte_prefetch0(&loop->entries[(uintptr_t)found[i] - 1]);
	}
	for (unsigned i = 0; i < PEER_BURST; i++) {
		if (!found[i])
			loop->missed++;
		else
			count(loop, &loop->entries[(uintptr_t)found[i] - 1], length, low[i],
				upper[i], now_ns);
	}
}

uint64_t peer_loop_missed(const struct peer_loop *loop)
{
	return loop->missed;
}
