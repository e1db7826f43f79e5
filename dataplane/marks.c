/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/marks.h"

#include "dataplane/prng.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef unsigned __int128 word128;

enum { PLACES = 4, CHOICES = 2 };

/* until_ns 0: free. */
struct mark {
	_Alignas(word128) uint64_t tag;
	uint64_t until_ns;
};

struct line {
	_Alignas(64) struct mark marks[PLACES];
};

_Static_assert(sizeof(struct mark) == sizeof(word128), "a mark is swapped as a whole");

struct marks {
	struct line *lines;
	uint32_t mask;
};

struct marks *marks_new(uint32_t lines)
{
	struct marks *marks = calloc(1, sizeof(*marks));
	void *memory;

	if (!marks)
		return NULL;
	memory = mmap(NULL, lines * sizeof(struct line), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED) {
		free(marks);
		return NULL;
	}
	marks->lines = memory;
	marks->mask = lines - 1;
	return marks;
}

void marks_free(struct marks *marks)
{
	if (!marks)
		return;
	munmap(marks->lines, (marks->mask + 1ull) * sizeof(struct line));
	free(marks);
}

static struct line *line_of(const struct marks *marks, uint64_t tag, uint64_t choice)
{
	return &marks->lines[prng_draw(tag, choice) & marks->mask];
}

/* Halves that do not belong together do no harm: an exchange that follows fails, and a reader sees
 * what was or what is. */
static struct mark load(const struct mark *place)
{
	return (struct mark){__atomic_load_n(&place->tag, __ATOMIC_RELAXED),
		__atomic_load_n(&place->until_ns, __ATOMIC_RELAXED)};
}

static bool exchange(struct mark *place, const struct mark *from, const struct mark *to)
{
	word128 old, new;

	memcpy(&old, from, sizeof(old));
	memcpy(&new, to, sizeof(new));
	return __sync_bool_compare_and_swap((word128 *)place, old, new);
}

static struct mark *find(const struct marks *marks, uint64_t tag, struct mark *seen)
{
	for (int choice = 0; choice < CHOICES; choice++) {
		struct line *line = line_of(marks, tag, choice);

		for (int i = 0; i < PLACES; i++) {
			*seen = load(&line->marks[i]);
			if (seen->until_ns && seen->tag == tag)
				return &line->marks[i];
		}
	}
	return NULL;
}

uint64_t marks_until(const struct marks *marks, uint64_t tag, uint64_t now_ns)
{
	struct mark seen;

	return find(marks, tag, &seen) && seen.until_ns > now_ns ? seen.until_ns : 0;
}

/* Where it is, or the place of the one that is over first. */
static struct mark *place_for(const struct marks *marks, uint64_t tag, struct mark *seen)
{
	struct mark *best = find(marks, tag, seen);

	if (best)
		return best;
	for (int choice = 0; choice < CHOICES; choice++) {
		struct line *line = line_of(marks, tag, choice);

		for (int i = 0; i < PLACES; i++) {
			struct mark mark = load(&line->marks[i]);

			if (best && mark.until_ns >= seen->until_ns)
				continue;
			best = &line->marks[i];
			*seen = mark;
		}
	}
	return best;
}

bool marks_set(struct marks *marks, uint64_t tag, uint64_t until_ns, uint64_t now_ns)
{
	const struct mark mark = {tag, until_ns};
	struct mark seen, *place;

	do {
		place = place_for(marks, tag, &seen);
	} while (!exchange(place, &seen, &mark));
	return seen.tag == tag || seen.until_ns <= now_ns;
}

void marks_clear(struct marks *marks, uint64_t tag)
{
	static const struct mark none;
	struct mark seen, *place;

	do {
		place = find(marks, tag, &seen);
	} while (place && !exchange(place, &seen, &none));
}
