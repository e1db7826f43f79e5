/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's rte_meter, single-rate three-colour marker (RFC 2697), to be measured beside our policer.
 * For sluice bench. */
#ifndef SLUICE_PEER_METER_H
#define SLUICE_PEER_METER_H

#include <stdbool.h>
#include <stdint.h>

struct peer_meter;

/* `count` buckets of one rate and depth, full at tick 0. NULL: no memory. */
struct peer_meter *peer_meter_new(uint64_t bits_per_second, uint64_t depth_bytes, uint32_t count);
void peer_meter_free(struct peer_meter *meter);

/* True: the packet conforms. `ticks`: of the TSC as rte_meter counts them. */
bool peer_meter_take(struct peer_meter *meter, uint32_t bucket, uint64_t ticks, uint32_t bytes);

/* What rte_meter takes for a second. */
uint64_t peer_meter_hz(void);

#endif
