/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one would write with DPDK's own parts, to be measured beside ours: Ethernet, IPv4 or IPv6
 * and UDP headers, a five-tuple in an rte_hash (CRC32 of the key, as by default), a counter line of
 * 64 bytes for each flow, and rte_meter's single-rate three-colour marker for flows whose server is
 * in the upper half (control/bench/traffic.h). For sluice bench; needs eal_begin().
 */
#ifndef SLUICE_PEER_LOOP_H
#define SLUICE_PEER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct peer_loop;

/* `bulk`: rte_hash_lookup_bulk_data(), else a lookup a packet. NULL: no memory. */
struct peer_loop *peer_loop_new(uint32_t flows, bool bulk);
void peer_loop_free(struct peer_loop *loop);

/* Adds the flow of a frame from its client. */
void peer_loop_open(struct peer_loop *loop, const uint8_t *frame, uint32_t length);

/* A burst of 32 frames of one length at a time. */
void peer_loop_burst(
	struct peer_loop *loop, const uint8_t *const *frames, uint32_t length, uint64_t now_ns);

/* Packets whose flow was not found. */
uint64_t peer_loop_missed(const struct peer_loop *loop);

#endif
