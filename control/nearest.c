/* SPDX-License-Identifier: BSD-3-Clause */
#include "nearest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

enum { WORD_MAX = 63 }; /* longer words are not compared */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment distance over three rows of the table. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2], *spare;

	for (size_t j = 0; j <= b_len; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
				same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

const char *nearest_word(const char *word, const char *const *words)
{
	size_t len = strlen(word);
	const char *nearest = NULL;
	unsigned best = UINT_MAX;

	if (!len || len > WORD_MAX)
		return NULL;
	for (; *words; words++) {
		size_t other = strlen(*words);
		size_t longer = other > len ? other : len;
		unsigned steps;

		if (!other || other > WORD_MAX)
			continue;
		steps = distance(word, len, *words, other);
		if (steps < best && steps <= (longer + 2) / 3) {
			best = steps;
			nearest = *words;
		}
	}
	return nearest;
}
