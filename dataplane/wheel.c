/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/wheel.h"

#include <stdlib.h>

#define NONE UINT64_MAX

enum {
	SLOT_SHIFT = 10,
	TURN_SHIFT = 16, /* slots in a turn */
	TURN = 1 << TURN_SHIFT,
	SLOTS = 2 * TURN, /* this turn and the next */
	TURNS = 1024,
	MOVED = 64, /* entries of the next turn that find their slots in one call */
};

/* A wheel_entry, and its neighbour where an entry would be padded. */
struct cell {
	uint64_t time_ns;
	uint64_t handle;
	struct held held;
	uint32_t next; /* number of a cell, 0 none; of a free one: the next that is free */
};

_Static_assert(sizeof(struct cell) == 32, "two cells to a cache line");

struct chain {
	uint32_t first, last; /* first 0: empty; last then means nothing */
};

struct wheel {
	uint64_t cursor; /* first slot that has not been taken, counted from time 0 */
	struct cell *cells;
	uint32_t limit, count, touched, free;
	struct chain ready; /* the slot last taken, sorted */
	/* A bit a slot that holds something, a bit a word of those; a bit a turn. */
	uint64_t bits[SLOTS / 64], words[SLOTS / 64 / 64];
	uint64_t turn_bits[TURNS / 64];
	struct chain turns[TURNS]; /* the one at the cursor is empty */
	struct chain slots[SLOTS];
};

struct wheel *wheel_new(uint32_t limit)
{
	struct wheel *wheel = calloc(1, sizeof(*wheel));

	if (!wheel)
		return NULL;
	wheel->limit = limit;
	wheel->cells = calloc((size_t)limit + 1, sizeof(*wheel->cells));
	if (wheel->cells)
		return wheel;
	wheel_free(wheel);
	return NULL;
}

void wheel_free(struct wheel *wheel)
{
	if (!wheel)
		return;
	free(wheel->cells);
	free(wheel);
}

static void append(struct wheel *wheel, struct chain *chain, uint32_t number)
{
	wheel->cells[number].next = 0;
	if (chain->first)
		wheel->cells[chain->last].next = number;
	else
		chain->first = number;
	chain->last = number;
}

static void put_in_slot(struct wheel *wheel, uint64_t slot, uint32_t number)
{
	uint32_t at = slot % SLOTS;

	append(wheel, &wheel->slots[at], number);
	wheel->bits[at / 64] |= 1ull << at % 64;
	wheel->words[at / 4096] |= 1ull << at / 64 % 64;
}

static void put_in_turn(struct wheel *wheel, uint64_t turn, uint32_t number)
{
	uint32_t at = turn % TURNS;

	append(wheel, &wheel->turns[at], number);
	wheel->turn_bits[at / 64] |= 1ull << at % 64;
}

/* What is for the next turn waits behind those of it that have not moved yet, so that entries of
 * one time stay in order. */
static void place(struct wheel *wheel, uint32_t number)
{
	uint64_t slot = wheel->cells[number].time_ns >> SLOT_SHIFT;
	uint64_t turn = wheel->cursor >> TURN_SHIFT, ahead;

	if (slot < wheel->cursor)
		slot = wheel->cursor;
	ahead = (slot >> TURN_SHIFT) - turn;
	if (ahead >= TURNS)
		ahead = TURNS - 1;
	if (!ahead || (ahead == 1 && !wheel->turns[(turn + 1) % TURNS].first))
		put_in_slot(wheel, slot, number);
	else
		put_in_turn(wheel, turn + ahead, number);
}

bool wheel_push(struct wheel *wheel, uint64_t time_ns, uint64_t handle, struct held held)
{
	uint32_t number = wheel->free;

	if (wheel->count == wheel->limit)
		return false;
	if (number)
		wheel->free = wheel->cells[number].next;
	else
		number = ++wheel->touched;
	wheel->count++;
	wheel->cells[number].time_ns = time_ns;
	wheel->cells[number].handle = handle;
	wheel->cells[number].held = held;
	place(wheel, number);
	return true;
}

/* At most `max` entries of a turn, this one or the next, go to their slots. */
static void move(struct wheel *wheel, uint64_t turn, uint32_t max)
{
	uint32_t at = turn % TURNS;
	struct chain *chain = &wheel->turns[at];

	for (uint32_t moved = 0; chain->first && moved < max; moved++) {
		uint32_t number = chain->first;
		uint64_t slot = wheel->cells[number].time_ns >> SLOT_SHIFT;

		chain->first = wheel->cells[number].next;
		if (slot >> TURN_SHIFT == turn)
			put_in_slot(wheel, slot, number);
		else
			place(wheel, number); /* was out of reach when it was pushed */
	}
	if (!chain->first)
		wheel->turn_bits[at / 64] &= ~(1ull << at % 64);
}

static void set_cursor(struct wheel *wheel, uint64_t slot)
{
	bool enters = slot >> TURN_SHIFT != wheel->cursor >> TURN_SHIFT;

	wheel->cursor = slot;
	if (enters)
		move(wheel, slot >> TURN_SHIFT, UINT32_MAX);
}

/* The first bit that is set from `from` to before `end` (a multiple of 64), or NONE. */
static uint64_t first_set(const uint64_t *words, uint32_t from, uint32_t end)
{
	uint64_t mask = UINT64_MAX << from % 64;

	for (uint32_t i = from / 64; i < end / 64; i++, mask = UINT64_MAX) {
		if (words[i] & mask)
			return i * 64 + __builtin_ctzll(words[i] & mask);
	}
	return NONE;
}

/* The first slot that holds something from this one to the end of its turn; NONE. */
static uint64_t next_in_turn(const struct wheel *wheel, uint64_t slot)
{
	uint32_t at = slot % SLOTS;
	uint64_t word = at / 64, bits = wheel->bits[word] & UINT64_MAX << at % 64;

	if (!bits) {
		word = first_set(wheel->words, word + 1, (at | (TURN - 1)) / 64 + 1);
		if (word == NONE)
			return NONE;
		bits = wheel->bits[word];
	}
	return slot - at + word * 64 + __builtin_ctzll(bits);
}

/* The next turn after that of the cursor that holds something; NONE. */
static uint64_t next_turn(const struct wheel *wheel)
{
	uint64_t turn = (wheel->cursor >> TURN_SHIFT) + 1, found;
	uint32_t at = turn % TURNS;

	if (next_in_turn(wheel, turn << TURN_SHIFT) != NONE)
		return turn;
	found = first_set(wheel->turn_bits, at, TURNS);
	if (found == NONE)
		found = first_set(wheel->turn_bits, 0, TURNS);
	return found == NONE ? NONE : turn + (found - at) % TURNS;
}

static struct chain merge(struct wheel *wheel, struct chain left, struct chain right)
{
	struct cell *cells = wheel->cells;
	struct chain merged = {0, 0};

	while (left.first && right.first) {
		bool from_right = cells[right.first].time_ns < cells[left.first].time_ns;
		struct chain *from = from_right ? &right : &left;
		uint32_t number = from->first;

		from->first = cells[number].next;
		append(wheel, &merged, number);
	}
	if (!left.first)
		left = right;
	if (!merged.first)
		return left;
	cells[merged.last].next = left.first;
	merged.last = left.last;
	return merged;
}

/* Runs[i] holds 2^i cells: a merge sort from the bottom. */
static struct chain sorted(struct wheel *wheel, struct chain chain)
{
	struct chain runs[32] = {{0, 0}}, all = {0, 0};
	int used = 0;

	for (uint32_t number = chain.first, next; number; number = next) {
		struct chain run = {number, number};
		int i = 0;

		next = wheel->cells[number].next;
		wheel->cells[number].next = 0;
		for (; runs[i].first; i++) {
			run = merge(wheel, runs[i], run);
			runs[i].first = 0;
		}
		runs[i] = run;
		used = i >= used ? i + 1 : used;
	}
	for (int i = 0; i < used; i++) {
		if (runs[i].first)
			all = all.first ? merge(wheel, runs[i], all) : runs[i];
	}
	return all;
}

static bool is_sorted(const struct wheel *wheel, struct chain chain)
{
	const struct cell *cells = wheel->cells;

	for (uint32_t number = chain.first; cells[number].next; number = cells[number].next) {
		if (cells[cells[number].next].time_ns < cells[number].time_ns)
			return false;
	}
	return true;
}

static void take_slot(struct wheel *wheel, uint64_t slot)
{
	uint32_t at = slot % SLOTS;
	struct chain chain = wheel->slots[at];

	wheel->slots[at].first = 0;
	wheel->bits[at / 64] &= ~(1ull << at % 64);
	if (!wheel->bits[at / 64])
		wheel->words[at / 4096] &= ~(1ull << at / 64 % 64);
	wheel->ready = is_sorted(wheel, chain) ? chain : sorted(wheel, chain);
	set_cursor(wheel, slot + 1);
}

/* Makes the next slot before `end` ready; false when none holds anything. */
static bool advance(struct wheel *wheel, uint64_t end)
{
	while (wheel->cursor < end) {
		uint64_t slot = next_in_turn(wheel, wheel->cursor), turn;

		if (slot != NONE && slot >= end)
			break;
		if (slot != NONE) {
			take_slot(wheel, slot);
			return true;
		}
		turn = next_turn(wheel);
		if (turn > end >> TURN_SHIFT)
			break;
		set_cursor(wheel, turn << TURN_SHIFT);
	}
	if (wheel->cursor < end)
		set_cursor(wheel, end);
	return false;
}

unsigned wheel_pop(struct wheel *wheel, uint64_t now_ns, struct wheel_entry *due, unsigned max)
{
	uint64_t end = now_ns >> SLOT_SHIFT;
	unsigned taken = 0;

	if (wheel->turns[((wheel->cursor >> TURN_SHIFT) + 1) % TURNS].first)
		move(wheel, (wheel->cursor >> TURN_SHIFT) + 1, MOVED);
	while (taken < max && (wheel->ready.first || advance(wheel, end))) {
		uint32_t number = wheel->ready.first;
		struct cell *cell = &wheel->cells[number];

		due[taken++] = (struct wheel_entry){cell->time_ns, cell->handle, cell->held};
		wheel->ready.first = cell->next;
		cell->next = wheel->free;
		wheel->free = number;
	}
	wheel->count -= taken;
	return taken;
}

uint64_t wheel_next_ns(const struct wheel *wheel)
{
	uint64_t slot, turn;

	if (!wheel->count)
		return UINT64_MAX;
	if (wheel->ready.first)
		return 0;
	slot = next_in_turn(wheel, wheel->cursor);
	if (slot != NONE)
		return (slot + 1) << SLOT_SHIFT;
	turn = next_turn(wheel);
	return turn << (TURN_SHIFT + SLOT_SHIFT);
}

uint32_t wheel_count(const struct wheel *wheel)
{
	return wheel->count;
}
