/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/hosts.h"

#include "dataplane/prng.h"
#include "dataplane/ruleset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct host {
	uint8_t address[16];
	uint32_t which;
	uint8_t ip_version; /* 0: free */
	uint64_t last_ns;
	uint64_t state[THROTTLE_STATE_BYTES / 8];
};

struct hosts {
	struct host *slots; /* open addressing, at most half full */
	uint32_t mask, used, limit;
	uint64_t seed;
	uint64_t not_before_ns; /* no second purge before that */
};

#define PURGE_PAUSE_NS (10ull * 1000 * 1000 * 1000)

static struct host *slots_new(uint32_t count)
{
	void *memory = mmap(NULL, (size_t)count * sizeof(struct host), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct hosts *hosts_new(uint32_t limit, uint64_t seed)
{
	struct hosts *hosts = calloc(1, sizeof(*hosts));
	uint32_t slots = 64;

	if (!hosts)
		return NULL;
	while (slots < limit * 2)
		slots *= 2;
	hosts->mask = slots - 1;
	hosts->limit = limit;
	hosts->seed = seed;
	hosts->slots = slots_new(slots);
	if (hosts->slots)
		return hosts;
	free(hosts);
	return NULL;
}

void hosts_free(struct hosts *hosts)
{
	if (!hosts)
		return;
	munmap(hosts->slots, (size_t)(hosts->mask + 1) * sizeof(struct host));
	free(hosts);
}

static struct host *find(const struct hosts *hosts, const struct host *wanted)
{
	uint64_t half[2];
	uint32_t slot;

	memcpy(half, wanted->address, sizeof(half));
	slot = prng_mix(prng_mix(half[0], hosts->seed), prng_mix(half[1], wanted->which));
	for (;; slot++) {
		struct host *host = &hosts->slots[slot & hosts->mask];

		if (!host->ip_version)
			return host;
		if (host->which == wanted->which && host->ip_version == wanted->ip_version &&
			!memcmp(host->address, wanted->address, sizeof(host->address)))
			return host;
	}
}

/* Forgets who has been silent for long. */
static void purge(struct hosts *hosts, uint64_t now_ns)
{
	struct host *old = hosts->slots;

	if (now_ns < hosts->not_before_ns)
		return;
	hosts->not_before_ns = now_ns + PURGE_PAUSE_NS;
	hosts->slots = slots_new(hosts->mask + 1);
	if (!hosts->slots) {
		hosts->slots = old;
		return;
	}
	hosts->used = 0;
	for (uint32_t i = 0; i <= hosts->mask; i++) {
		if (!old[i].ip_version || now_ns - old[i].last_ns >= FLOW_IDLE_NS)
			continue;
		*find(hosts, &old[i]) = old[i];
		hosts->used++;
	}
	munmap(old, (size_t)(hosts->mask + 1) * sizeof(struct host));
}

void *hosts_state(struct hosts *hosts, const uint8_t *address, uint8_t ip_version, uint32_t which,
	uint64_t now_ns)
{
	struct host wanted = {.which = which, .ip_version = ip_version};
	struct host *host;

	memcpy(wanted.address, address, ip_version == 4 ? 4 : 16);
	host = find(hosts, &wanted);
	if (!host->ip_version && hosts->used >= hosts->limit) {
		purge(hosts, now_ns);
		host = find(hosts, &wanted);
	}
	if (!host->ip_version && hosts->used >= hosts->limit)
		return NULL;
	if (!host->ip_version) {
		*host = wanted;
		hosts->used++;
	}
	host->last_ns = now_ns;
	return host->state;
}
