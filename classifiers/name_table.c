/* SPDX-License-Identifier: BSD-3-Clause */
#include "name_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	LARGE_PAGE = 2 << 20,
	LINE_SLOTS = 5,
	FORMS_AT = 16,           /* in an answer; the list is below */
	SHARED = (int)(1u << 31) /* an answer that is an index into the targets */
};

/* A pattern as added; gone after the seal. */
struct added {
	uint64_t fingerprint;
	uint16_t list;
	uint8_t form;
};

/* One list of several that ask for a literal. */
struct target {
	uint16_t list;
	uint8_t forms;
	bool last;
};

struct line {
	uint64_t fingerprints[LINE_SLOTS];
	uint32_t answers[LINE_SLOTS];
	uint16_t used;
	uint16_t overflowed; /* a literal of this line, or of one before, lies further on */
};

_Static_assert(sizeof(struct line) == 64, "a line is a cache line");

struct name_table {
	struct added *added;
	size_t added_count, added_room;
	struct line *lines;
	size_t line_count;
	struct target *targets;
	size_t target_count;
};

static void *memory_of(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct name_table *name_table_new(void)
{
	return memory_of(calloc(1, sizeof(struct name_table)));
}

void name_table_free(struct name_table *table)
{
	if (!table)
		return;
	free(table->added);
	free(table->lines);
	free(table->targets);
	free(table);
}

void name_table_add(struct name_table *table, uint64_t fingerprint, uint8_t form, uint16_t list)
{
	if (table->added_count == table->added_room) {
		table->added_room = table->added_room ? table->added_room * 2 : 64;
		table->added = memory_of(
			reallocarray(table->added, table->added_room, sizeof(*table->added)));
	}
	table->added[table->added_count++] = (struct added){fingerprint, list, form};
}

static int compare(const void *a, const void *b)
{
	const struct added *left = a, *right = b;

	if (left->fingerprint != right->fingerprint)
		return left->fingerprint < right->fingerprint ? -1 : 1;
	return left->list - right->list;
}

static size_t line_of(const struct name_table *table, uint64_t fingerprint)
{
	return (size_t)(((unsigned __int128)fingerprint * table->line_count) >> 64);
}

static void put(struct name_table *table, uint64_t fingerprint, uint32_t answer)
{
	size_t at = line_of(table, fingerprint);
	struct line *line = &table->lines[at];

	while (line->used == LINE_SLOTS) {
		line->overflowed = true;
		at = at + 1 == table->line_count ? 0 : at + 1;
		line = &table->lines[at];
	}
	line->fingerprints[line->used] = fingerprint;
	line->answers[line->used++] = answer;
}

/* All that asks for one literal, in the order of the lists; the number of added ones taken. */
static size_t take(struct name_table *table, const struct added *first, size_t left)
{
	struct target *targets = table->targets + table->target_count;
	size_t taken = 0, count = 0;

	for (; taken < left && first[taken].fingerprint == first->fingerprint; taken++) {
		if (!count || targets[count - 1].list != first[taken].list)
			targets[count++] = (struct target){.list = first[taken].list};
		targets[count - 1].forms |= first[taken].form;
	}
	if (count == 1) {
		put(table, first->fingerprint,
			(uint32_t)targets->forms << FORMS_AT | targets->list);
		return taken;
	}
	targets[count - 1].last = true;
	put(table, first->fingerprint, (uint32_t)SHARED | (uint32_t)table->target_count);
	table->target_count += count;
	return taken;
}

/* Literals and targets; a target that is alone lies in its answer and needs no room. */
static void count(const struct name_table *table, size_t *literals, size_t *targets)
{
	const struct added *added = table->added;
	size_t run = 0;

	*literals = *targets = 0;
	for (size_t i = 0; i < table->added_count; i++) {
		bool same = i && added[i].fingerprint == added[i - 1].fingerprint;

		run = same ? run + 1 : 1;
		*literals += !same;
		*targets += run == 2 ? 2 : run > 2;
	}
}

/* Zeroed. A large table is read at random: on large pages, where the system has them, an access
 * waits for the memory alone and not for the page tables too. */
static struct line *lines_of(size_t count)
{
	size_t bytes = count * sizeof(struct line);
	struct line *lines;

	if (bytes < LARGE_PAGE) {
		lines = memory_of(aligned_alloc(sizeof(struct line), bytes));
	} else {
		bytes = (bytes + LARGE_PAGE - 1) & ~(size_t)(LARGE_PAGE - 1);
		lines = memory_of(aligned_alloc(LARGE_PAGE, bytes));
		madvise(lines, bytes, MADV_HUGEPAGE);
	}
	memset(lines, 0, bytes);
	return lines;
}

/* Three literals a line and some: seldom do more than five want the same. In the order of their
 * fingerprints they fill the lines from the first to the last. */
void name_table_seal(struct name_table *table)
{
	size_t literals, targets;

	if (table->lines)
		return;
	if (table->added_count)
		qsort(table->added, table->added_count, sizeof(*table->added), compare);
	count(table, &literals, &targets);
	table->line_count = literals * 5 / 16 + 1;
	table->lines = lines_of(table->line_count);
	table->targets = memory_of(calloc(targets + 1, sizeof(struct target)));
	for (size_t at = 0; at < table->added_count;)
		at += take(table, table->added + at, table->added_count - at);
	free(table->added);
	table->added = NULL;
}

void name_table_prefetch(const struct name_table *table, uint64_t fingerprint)
{
	__builtin_prefetch(&table->lines[line_of(table, fingerprint)]);
}

static unsigned answer_with(
	const struct name_table *table, uint32_t answer, unsigned forms, uint64_t *bits)
{
	struct target alone = {(uint16_t)answer, (uint8_t)(answer >> FORMS_AT), true};
	const struct target *target = &alone;
	unsigned matches = 0;

	if (answer & (uint32_t)SHARED)
		target = &table->targets[answer & ~(uint32_t)SHARED];
	for (;; target++) {
		unsigned asked = target->forms & forms;

		if (asked)
			bits[target->list / 64] |= 1ull << target->list % 64;
		matches += (unsigned)__builtin_popcount(asked);
		if (target->last)
			return matches;
	}
}

unsigned name_table_match(
	const struct name_table *table, uint64_t fingerprint, unsigned forms, uint64_t *bits)
{
	size_t at = line_of(table, fingerprint);

	for (;;) {
		const struct line *line = &table->lines[at];

		for (unsigned i = 0; i < line->used; i++) {
			if (line->fingerprints[i] == fingerprint)
				return answer_with(table, line->answers[i], forms, bits);
		}
		if (!line->overflowed)
			return 0;
		at = at + 1 == table->line_count ? 0 : at + 1;
	}
}
