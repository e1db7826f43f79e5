/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Throttle states that belong to inside hosts rather than to flows. Bounded; a host that has been
 * silent for FLOW_IDLE_NS may be forgotten when room is needed.
 */
#ifndef SLUICE_HOSTS_H
#define SLUICE_HOSTS_H

#include "dataplane/throttle/throttle.h"

#include <stdint.h>

struct hosts;

/* `limit`: states at most. `seed` keys the hash. NULL when memory cannot be had. */
struct hosts *hosts_new(uint32_t limit, uint64_t seed);
void hosts_free(struct hosts *hosts);

/* The state (THROTTLE_STATE_BYTES, zeroed when new) of one address for one throttle (`which`: its
 * number and direction), or NULL when there is no room. Lives until the next call. */
void *hosts_state(struct hosts *hosts, const uint8_t *address, uint8_t ip_version, uint32_t which,
	uint64_t now_ns);

#endif
