/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of text: a name, a literal, an expression. What is wrong with an expression lies in it; one
 * that is right alone is right in a set; a literal is found where memmem finds it.
 */
#include "classifiers/names_regex.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

enum { LINES = 3, ROOM = 120 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void split(const uint8_t *data, size_t size, char lines[LINES][ROOM])
{
	unsigned line = 0, len = 0;

	memset(lines, 0, LINES * ROOM);
	for (size_t i = 0; i < size && line < LINES; i++) {
		if (data[i] == '\n') {
			line++;
			len = 0;
		} else if (data[i] && data[i] < 0x80 && len + 1 < ROOM) {
			lines[line][len++] = (char)(line < 2 ? tolower(data[i]) : data[i]);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct names_regex *set = names_regex_new();
	char lines[LINES][ROOM], why[100];
	const char *name = lines[0], *literal = lines[1], *text = lines[2];
	uint64_t bits = 0;
	size_t at;

	split(data, size, lines);
	if (names_regex_check(text, strlen(text), why, sizeof(why), &at))
		names_regex_add(set, text, strlen(text), false, 0);
	else
		assert(at <= strlen(text) && *why);
	if (*literal)
		names_regex_add(set, literal, strlen(literal), true, 1);
	assert(names_regex_seal(set));
	names_regex_match(set, (const uint8_t *)name, strlen(name), &bits);
	assert((bits >> 1 & 1) == (*literal && strstr(name, literal)));
	names_regex_free(set);
	return 0;
}
