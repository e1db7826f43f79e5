/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of text: the first is the name, the others are patterns, each on a list of its own. What
 * is found is compared with a matcher that reads the definition of the forms word by word.
 */
#include "classifiers/names.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { MANY = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ends_with(const char *name, size_t len, const char *end)
{
	size_t rest = strlen(end);

	return rest <= len && strncasecmp(name + len - rest, end, rest) == 0;
}

static bool has_part(const char *name, size_t len, const char *part, size_t part_len)
{
	for (size_t at = 0; at + part_len <= len; at++)
		if (strncasecmp(name + at, part, part_len) == 0)
			return true;
	return false;
}

/* The name holds no NUL: strncasecmp would stop there. */
static bool naive_match(const char *name, size_t len, const char *pattern)
{
	size_t pattern_len = strlen(pattern);

	if (pattern[0] != '*')
		return len == pattern_len && ends_with(name, len, pattern);
	if (pattern[pattern_len - 1] == '*')
		return has_part(name, len, pattern + 1, pattern_len - 2);
	if (strncmp(pattern, "**.", 3) == 0)
		return ends_with(name, len, pattern + 2) || naive_match(name, len, pattern + 3);
	if (strncmp(pattern, "*.", 2) == 0) {
		size_t label = strcspn(name, ".");

		return label && label < len && naive_match(name + label, len - label, pattern + 1);
	}
	return ends_with(name, len, pattern + 1);
}

static size_t line_of(const uint8_t **data, size_t *size, char *line, size_t room)
{
	const uint8_t *end = memchr(*data, '\n', *size);
	size_t whole = end ? (size_t)(end - *data) : *size;
	size_t len = whole < room ? whole : room - 1;

	memcpy(line, *data, len);
	line[len] = '\0';
	*data += end ? whole + 1 : whole;
	*size -= end ? whole + 1 : whole;
	return strlen(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct names *names = names_new(1);
	uint64_t bits = 0, expected = 0;
	char name[300], pattern[300];
	size_t len = line_of(&data, &size, name, sizeof(name));

	for (unsigned list = 0; size && list < MANY; list++) {
		line_of(&data, &size, pattern, sizeof(pattern));
		if (names_pattern_error(pattern) || pattern[0] == '/') /* fuzz_regex */
			continue;
		names_add(names, pattern, (uint16_t)list);
		if (len <= 255 && naive_match(name, len, pattern))
			expected |= 1ull << list;
	}
	names_seal(names);
	assert(names_match(names, (const uint8_t *)name, len, &bits) ==
		(unsigned)__builtin_popcountll(expected));
	assert(bits == expected);
	names_free(names);
	return 0;
}
