/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/shared.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef unsigned __int128 word128;

/* Two parts of one throttle in one cache line, which no other throttle shares. */
struct shared_state {
	_Alignas(64) _Alignas(word128) uint64_t part[2][THROTTLE_SHARED_BYTES / sizeof(uint64_t)];
};

_Static_assert(THROTTLE_SHARED_BYTES == sizeof(word128), "a state is swapped as a whole");

struct shared_states {
	struct shared_state *states; /* SHARED_MAX */
	struct marks *marks;
	struct recent *recent;
	bool many;
};

struct shared_states *shared_states_new(bool many)
{
	struct shared_states *shared = calloc(1, sizeof(*shared));
	void *memory;

	if (!shared)
		return NULL;
	shared->marks = marks_new(MARKS / 4);
	shared->recent = recent_new(RECENT / 4);
	memory = mmap(NULL, SHARED_MAX * sizeof(struct shared_state), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	shared->states = memory == MAP_FAILED ? NULL : memory;
	shared->many = many;
	if (shared->states && shared->marks && shared->recent)
		return shared;
	shared_states_free(shared);
	return NULL;
}

void shared_states_free(struct shared_states *shared)
{
	if (!shared)
		return;
	if (shared->states)
		munmap(shared->states, SHARED_MAX * sizeof(struct shared_state));
	marks_free(shared->marks);
	recent_free(shared->recent);
	free(shared);
}

struct marks *shared_marks(const struct shared_states *shared)
{
	return shared->marks;
}

struct recent *shared_recent(const struct shared_states *shared)
{
	return shared->recent;
}

void shared_states_renew(
	struct shared_states *shared, const struct ruleset *ruleset, uint32_t since)
{
	for (uint32_t i = 0; i < ruleset->throttle_count && ruleset->shared_count; i++) {
		const struct throttle *throttle = &ruleset->throttles[i];

		if (throttle->per.scope == SCOPE_RULE && throttle->born_at > since)
			memset(&shared->states[throttle->shared], 0, sizeof(struct shared_state));
	}
}

/* Halves that do not belong together do no harm: the exchange that follows fails. */
static void load(const uint64_t *state, uint64_t copy[2])
{
	copy[0] = __atomic_load_n(&state[0], __ATOMIC_RELAXED);
	copy[1] = __atomic_load_n(&state[1], __ATOMIC_RELAXED);
}

static bool exchange(uint64_t *state, const uint64_t from[2], const uint64_t to[2])
{
	word128 old, new;

	memcpy(&old, from, sizeof(old));
	memcpy(&new, to, sizeof(new));
	/* not __atomic_compare_exchange: that would call a library, which may take a lock */
	return __sync_bool_compare_and_swap((word128 *)state, old, new);
}

/* Lock-free: an exchange fails only when another worker's did not, so there is always one that
 * goes on, and a worker that is stopped in the middle stops nobody. */
enum drop_reason shared_apply(struct shared_states *shared, const struct throttle *step,
	unsigned part, const struct throttle_input *packet, uint64_t *leaves_ns)
{
	const void *params = throttle_params_at(step, packet->now_ns);
	uint64_t *state = shared->states[step->shared].part[part];
	uint64_t arrived_ns = *leaves_ns, seen[2], next[2];
	enum drop_reason drop;

	if (!params)
		return DROP_NONE;
	if (!shared->many)
		return step->kind->apply(params, state, packet, leaves_ns);
	do {
		load(state, seen);
		memcpy(next, seen, sizeof(next));
		*leaves_ns = arrived_ns;
		drop = step->kind->apply(params, next, packet, leaves_ns);
	} while (!exchange(state, seen, next));
	return drop;
}
