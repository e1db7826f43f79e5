/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/scoreboard.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIZE_AT_FIRST = 8 };

void scoreboard_free(struct scoreboard *board)
{
	free(board->stretches);
	*board = (struct scoreboard){0};
}

uint32_t scoreboard_find(const struct scoreboard *board, uint64_t sequence)
{
	uint32_t low = 0, high = board->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (scoreboard_at(board, middle)->end > sequence)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void grow(struct scoreboard *board)
{
	uint32_t size = board->size ? board->size * 2 : SIZE_AT_FIRST;
	struct stretch *larger = malloc(size * sizeof(*larger));

	if (!larger) {
		fputs("sluice: out of memory\n", stderr);
		abort();
	}
	for (uint32_t i = 0; i < board->count; i++)
		larger[i] = *scoreboard_at(board, i);
	free(board->stretches);
	board->stretches = larger;
	board->first = 0;
	board->size = size;
}

static void make_room(struct scoreboard *board)
{
	if (board->count == SCOREBOARD_MAX)
		scoreboard_pop(board);
	if (board->count == board->size)
		grow(board);
}

void scoreboard_push(struct scoreboard *board, const struct stretch *stretch)
{
	make_room(board);
	board->count++;
	*scoreboard_at(board, board->count - 1) = *stretch;
}

void scoreboard_split(struct scoreboard *board, uint64_t sequence)
{
	uint32_t at = scoreboard_find(board, sequence);
	struct stretch right;

	if (at == board->count || scoreboard_at(board, at)->begin >= sequence)
		return;
	right = *scoreboard_at(board, at);
	right.begin = sequence;
	scoreboard_push(board, &right); /* may forget the first one */
	at = scoreboard_find(board, sequence);
	if (scoreboard_at(board, at)->begin >= sequence)
		return;
	for (uint32_t i = board->count - 1; i > at + 1; i--)
		*scoreboard_at(board, i) = *scoreboard_at(board, i - 1);
	*scoreboard_at(board, at + 1) = right;
	scoreboard_at(board, at)->end = sequence;
}
