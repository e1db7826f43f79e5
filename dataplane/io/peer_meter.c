/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/peer_meter.h"

#include <rte_cycles.h>
#include <rte_meter.h>
#include <stdlib.h>

struct peer_meter {
	struct rte_meter_srtcm_profile profile;
	struct rte_meter_srtcm buckets[];
};

struct peer_meter *peer_meter_new(uint64_t bits_per_second, uint64_t depth_bytes, uint32_t count)
{
	struct peer_meter *meter = calloc(1, sizeof(*meter) + count * sizeof(*meter->buckets));
	struct rte_meter_srtcm_params parameters = {bits_per_second / 8, depth_bytes, 0};

	if (!meter || rte_meter_srtcm_profile_config(&meter->profile, &parameters)) {
		free(meter);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		rte_meter_srtcm_config(&meter->buckets[i], &meter->profile);
		meter->buckets[i].time = 0;
	}
	return meter;
}

void peer_meter_free(struct peer_meter *meter)
{
	free(meter);
}

bool peer_meter_take(struct peer_meter *meter, uint32_t bucket, uint64_t ticks, uint32_t bytes)
{
	return rte_meter_srtcm_color_blind_check(
		       &meter->buckets[bucket], &meter->profile, ticks, bytes) == RTE_COLOR_GREEN;
}

uint64_t peer_meter_hz(void)
{
	return rte_get_tsc_hz();
}
