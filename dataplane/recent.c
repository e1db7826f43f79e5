/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/recent.h"

#include "dataplane/prng.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PLACES = 4, CHOICES = 2 };

/* Times are kept as 1 more than they are: 0 is none. */
struct track {
	_Alignas(64) uint64_t tag; /* 0: free */
	uint64_t until_ns;         /* when the last sight is too old */
	uint64_t seen;             /* sights so far: the next goes to times[seen % over] */
	uint64_t times[RECENT_OVER_MAX];
};

_Static_assert(sizeof(struct track) == 256, "no two tracks share a cache line");

struct line {
	struct track tracks[PLACES];
};

struct recent {
	struct line *lines;
	uint32_t mask;
};

struct recent *recent_new(uint32_t lines)
{
	struct recent *recent = calloc(1, sizeof(*recent));
	void *memory;

	if (!recent)
		return NULL;
	memory = mmap(NULL, lines * sizeof(struct line), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		free(recent);
		return NULL;
	}
	recent->lines = memory;
	recent->mask = lines - 1;
	return recent;
}

void recent_free(struct recent *recent)
{
	if (!recent)
		return;
	munmap(recent->lines, (recent->mask + 1ull) * sizeof(struct line));
	free(recent);
}

static struct track *track_at(const struct recent *recent, uint64_t tag, int number)
{
	struct line *line = &recent->lines[prng_draw(tag, number / PLACES) & recent->mask];

	return &line->tracks[number % PLACES];
}

static uint64_t load(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void store(uint64_t *value, uint64_t to)
{
	__atomic_store_n(value, to, __ATOMIC_RELAXED);
}

/* Where the tag is, or the place of the one that gives way; *owner: whose it is. */
static struct track *place_for(const struct recent *recent, uint64_t tag, uint64_t *owner)
{
	struct track *best = NULL;
	uint64_t best_until_ns = 0;

	for (int i = 0; i < PLACES * CHOICES; i++) {
		struct track *track = track_at(recent, tag, i);
		uint64_t whose = load(&track->tag), until_ns = load(&track->until_ns);

		if (best && whose != tag && until_ns >= best_until_ns)
			continue;
		best = track;
		best_until_ns = until_ns;
		*owner = whose;
		if (whose == tag)
			break;
	}
	return best;
}

static void begin(struct track *track)
{
	for (int i = 0; i < RECENT_OVER_MAX; i++)
		store(&track->times[i], 0);
	store(&track->seen, 0);
}

/* Who takes a place empties it: a sight of the same tag by another worker in that very moment may
 * be lost. */
static struct track *take(struct recent *recent, uint64_t tag, uint64_t now_ns, bool *evicted)
{
	struct track *track;
	uint64_t owner = 0;

	do {
		track = place_for(recent, tag, &owner);
		if (owner == tag)
			return track;
		*evicted = owner && load(&track->until_ns) > now_ns;
	} while (!__sync_bool_compare_and_swap(&track->tag, owner, tag));
	begin(track);
	return track;
}

bool recent_see(struct recent *recent, uint64_t tag, const struct recent_limit *limit,
	uint64_t now_ns, bool *evicted)
{
	struct track *track;
	uint64_t turn, before;

	*evicted = false;
	track = take(recent, tag ? tag : 1, now_ns, evicted);
	store(&track->until_ns, now_ns + limit->within_ns);
	turn = __atomic_fetch_add(&track->seen, 1, __ATOMIC_RELAXED) % limit->over;
	before = __atomic_exchange_n(&track->times[turn], now_ns + 1, __ATOMIC_RELAXED);
	return before && (before > now_ns || now_ns + 1 - before < limit->within_ns);
}
