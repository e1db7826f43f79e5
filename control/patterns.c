/* SPDX-License-Identifier: BSD-3-Clause */
#include "patterns.h"

#include "idna.h"

#include "classifiers/names.h"
#include "classifiers/names_regex.h"

#include <ctype.h>
#include <string.h>

/* Points at the character where the expression goes wrong. */
static bool skip_regex(const struct references *references, const struct yaml_node *node,
	const char *why, size_t index)
{
	struct yaml_node at = *node;

	at.column += (uint32_t)index + 1 + node->quoted;
	return references_skip(
		references, &at, "\"%.60s\" is not a regular expression: %s", node->text, why);
}

static const char *in_small_letters(struct arena *arena, const char *pattern)
{
	char *small = arena_text(arena, pattern, strlen(pattern));

	for (char *letter = small; *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	return small;
}

/* The pattern into *pattern, NULL when it was skipped. False after a failure. */
static bool read_pattern(
	const struct references *references, const struct yaml_node *node, const char **pattern)
{
	const char *wrong = NULL, *text = idna_pattern(references->arena, node->text, &wrong);
	char why[200];
	size_t index;

	*pattern = NULL;
	if (text)
		wrong = names_pattern_error(text);
	if (wrong)
		return references_skip(
			references, node, "\"%.60s\" is not a name pattern: %s", node->text, wrong);
	if (*text != '/') {
		*pattern = in_small_letters(references->arena, text);
		return true;
	}
	if (!names_regex_check(text + 1, strlen(text) - 2, why, sizeof(why), &index))
		return skip_regex(references, node, why, index);
	*pattern = text;
	return true;
}

bool patterns_read(const struct references *references, const struct items *items,
	const char ***patterns, uint32_t *count)
{
	*patterns = arena_alloc(references->arena, items->count * sizeof(char *));
	*count = 0;
	for (uint32_t i = 0; i < items->count; i++) {
		if (!read_pattern(references, items->nodes[i], &(*patterns)[*count]))
			return false;
		*count += (*patterns)[*count] != NULL;
	}
	return true;
}
