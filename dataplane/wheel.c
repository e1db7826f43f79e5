/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/wheel.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
	SLOT_SHIFT = 10, /* of nanoseconds */
	STEP_SHIFT = 10, /* slots of one level to one of the next */
	LEVELS = 3,
	RING = 2 << STEP_SHIFT, /* slots of a level: what is one slot of the next, twice */
	CHUNK_ENTRIES = 9,
	MOVED = 64, /* entries that find their place on the level below in one call */
};

/* A wheel_entry without its padding. */
struct entry {
	uint64_t time_ns;
	uint64_t handle;
	struct held held;
} __attribute__((packed, aligned(4)));

struct chunk {
	uint32_t next; /* number of a chunk, 0 none */
	struct entry entries[CHUNK_ENTRIES];
};

_Static_assert(sizeof(struct chunk) == 256, "a chunk is four cache lines");

/* First in, first out. */
struct chain {
	uint32_t first, last;  /* chunks; first 0: empty */
	uint16_t taken, added; /* entries of the first, of the last */
};

struct wheel {
	uint64_t cursor; /* slot of level 0, from time 0: those before it have been taken */
	struct chunk *chunks;
	uint32_t limit, count;
	uint32_t touched, free; /* chunks */
	struct chain ready;     /* the slot that was taken last */
	uint64_t bits[LEVELS][RING / 64];
	struct chain slots[LEVELS][RING];
};

/* Every chain may end in a chunk that is not full; one a level and `ready` may begin in one, too.
 * Huge pages, where the system has them to give: entries are met in no order of address. */
static struct chunk *chunks_for(uint32_t limit)
{
	size_t count = 1 + limit / CHUNK_ENTRIES + LEVELS * RING + 2 * (LEVELS + 1);
	size_t page = 2 << 20, size = (count * sizeof(struct chunk) + page - 1) / page * page;
	struct chunk *chunks = aligned_alloc(page, size);

	if (!chunks)
		return NULL;
	madvise(chunks, size, MADV_HUGEPAGE);
	chunks[0].next = 0;
	return chunks;
}

struct wheel *wheel_new(uint32_t limit)
{
	struct wheel *wheel = calloc(1, sizeof(*wheel));

	if (!wheel)
		return NULL;
	wheel->limit = limit;
	wheel->chunks = chunks_for(limit);
	if (wheel->chunks)
		return wheel;
	wheel_free(wheel);
	return NULL;
}

void wheel_free(struct wheel *wheel)
{
	if (!wheel)
		return;
	free(wheel->chunks);
	free(wheel);
}

static void add_chunk(struct wheel *wheel, struct chain *chain)
{
	uint32_t number = wheel->free;

	if (number)
		wheel->free = wheel->chunks[number].next;
	else
		number = ++wheel->touched;
	wheel->chunks[number].next = 0;
	if (chain->first)
		wheel->chunks[chain->last].next = number;
	else
		*chain = (struct chain){.first = number};
	chain->last = number;
	chain->added = 0;
}

static inline void chain_add(struct wheel *wheel, struct chain *chain, const struct entry *entry)
{
	if (!chain->first || chain->added == CHUNK_ENTRIES)
		add_chunk(wheel, chain);
	wheel->chunks[chain->last].entries[chain->added++] = *entry;
}

static inline void prefetch(const struct chunk *chunk)
{
	for (int line = 0; line < 4; line++)
		__builtin_prefetch((const char *)chunk + line * 64);
}

/* The oldest entry of a chain that has one. */
static inline struct entry chain_take(struct wheel *wheel, struct chain *chain)
{
	uint32_t number = chain->first;
	struct chunk *chunk = &wheel->chunks[number];
	struct entry entry = chunk->entries[chain->taken++];

	if (chain->taken < (number == chain->last ? chain->added : CHUNK_ENTRIES))
		return entry;
	chain->first = chunk->next;
	chain->taken = 0;
	chunk->next = wheel->free;
	wheel->free = number;
	prefetch(&wheel->chunks[wheel->chunks[chain->first].next]);
	return entry;
}

static inline uint64_t slot_on(unsigned level, uint64_t slot)
{
	return slot >> level * STEP_SHIFT;
}

static inline struct chain *chain_of(struct wheel *wheel, unsigned level, uint64_t at)
{
	return &wheel->slots[level][at % RING];
}

/*
 * Into the lowest level, from this one down, that reaches so far: up to the end of the next slot of
 * the level above. While there is something for the same slot above that has not come down yet,
 * this one waits behind it, so that entries of one time stay in order.
 */
static inline void place(struct wheel *wheel, const struct entry *entry, unsigned level)
{
	uint64_t slot = entry->time_ns >> SLOT_SHIFT, at, here;

	if (slot < wheel->cursor)
		slot = wheel->cursor;
	for (;; level--) {
		at = slot_on(level, slot);
		here = slot_on(level, wheel->cursor);
		if (!level || at > here + 1 || (at > here && chain_of(wheel, level, at)->first))
			break;
	}
	if (at - here >= RING)
		at = here + RING - 1;
	chain_add(wheel, chain_of(wheel, level, at), entry);
	wheel->bits[level][at % RING / 64] |= 1ull << at % 64;
}

bool wheel_push(struct wheel *wheel, uint64_t time_ns, uint64_t handle, struct held held)
{
	struct entry entry = {time_ns, handle, held};

	if (wheel->count == wheel->limit)
		return false;
	wheel->count++;
	place(wheel, &entry, LEVELS - 1);
	return true;
}

static void clear_bit(struct wheel *wheel, unsigned level, uint64_t at)
{
	wheel->bits[level][at % RING / 64] &= ~(1ull << at % 64);
}

/* At most `max` entries of a slot, the one at the cursor or the next, go to the level below. */
static void come_down(struct wheel *wheel, unsigned level, uint64_t at, uint32_t max)
{
	struct chain *chain = chain_of(wheel, level, at);

	for (uint32_t moved = 0; chain->first && moved < max; moved++) {
		struct entry entry = chain_take(wheel, chain);
		/* Otherwise it was out of reach when it was pushed. */
		bool is_here = slot_on(level, entry.time_ns >> SLOT_SHIFT) == at;

		place(wheel, &entry, is_here ? level - 1 : level);
	}
	if (!chain->first)
		clear_bit(wheel, level, at);
}

static void set_cursor(struct wheel *wheel, uint64_t slot)
{
	uint64_t was = wheel->cursor;

	wheel->cursor = slot;
	if (!((slot ^ was) >> STEP_SHIFT))
		return;
	for (unsigned level = LEVELS - 1; level > 0; level--) {
		if (slot_on(level, slot) != slot_on(level, was))
			come_down(wheel, level, slot_on(level, slot), UINT32_MAX);
	}
}

/* The first slot from `from` to before `to`, at most a ring away, that holds something; or `to`. */
static uint64_t first_set(const struct wheel *wheel, unsigned level, uint64_t from, uint64_t to)
{
	for (; from < to; from = (from | 63) + 1) {
		uint64_t bits = wheel->bits[level][from % RING / 64] >> from % 64;

		if (bits) {
			from += __builtin_ctzll(bits);
			return from < to ? from : to;
		}
	}
	return to;
}

/* The next slot of level 0 after the cursor at which something is or comes down; UINT64_MAX. */
static uint64_t next_slot(const struct wheel *wheel)
{
	uint64_t next = UINT64_MAX;

	for (unsigned level = 0; level < LEVELS; level++) {
		uint64_t from = slot_on(level, wheel->cursor) + !!level, to = from + RING - 1;
		uint64_t at = first_set(wheel, level, from, to);

		if (at < to && at << level * STEP_SHIFT < next)
			next = at << level * STEP_SHIFT;
	}
	return next;
}

/* Makes the next slot before `end` ready; false when none holds anything. */
static bool advance(struct wheel *wheel, uint64_t end)
{
	while (wheel->cursor < end) {
		uint64_t turn_end = (wheel->cursor | (RING / 2 - 1)) + 1, next;
		uint64_t to = end < turn_end ? end : turn_end;
		uint64_t slot = first_set(wheel, 0, wheel->cursor, to);

		if (slot < to) {
			wheel->ready = *chain_of(wheel, 0, slot);
			chain_of(wheel, 0, slot)->first = 0;
			clear_bit(wheel, 0, slot);
			set_cursor(wheel, slot + 1);
			return true;
		}
		next = to == end ? end : next_slot(wheel);
		set_cursor(wheel, next < end ? next : end);
	}
	return false;
}

unsigned wheel_pop(struct wheel *wheel, uint64_t now_ns, struct wheel_entry *due, unsigned max)
{
	uint64_t end = now_ns >> SLOT_SHIFT;
	unsigned taken = 0;

	for (unsigned level = LEVELS - 1; level > 0; level--) {
		uint64_t next = slot_on(level, wheel->cursor) + 1;

		if (chain_of(wheel, level, next)->first)
			come_down(wheel, level, next, MOVED);
	}
	while (taken < max && (wheel->ready.first || advance(wheel, end))) {
		struct entry entry = chain_take(wheel, &wheel->ready);

		due[taken++] = (struct wheel_entry){entry.time_ns, entry.handle, entry.held};
	}
	wheel->count -= taken;
	return taken;
}

uint64_t wheel_next_ns(const struct wheel *wheel)
{
	uint64_t slot;

	if (!wheel->count)
		return UINT64_MAX;
	if (wheel->ready.first)
		return 0;
	slot = next_slot(wheel);
	return (slot + 1) << SLOT_SHIFT;
}

uint32_t wheel_count(const struct wheel *wheel)
{
	return wheel->count;
}
