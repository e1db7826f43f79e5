/* SPDX-License-Identifier: BSD-3-Clause */
#include "hellos.h"

#include "patterns.h"

#include "classifiers/fingerprint.h"
#include "classifiers/hello_texts.h"

#include <ctype.h>
#include <string.h>

enum { WORDS_MAX = 16, PROTOCOL_BYTES = 60 };

/* The text of a value, NULL when it is none. */
typedef const char *read_text(struct arena *arena, const char *text);

static const char *in_small_letters(struct arena *arena, const char *text)
{
	char *small = arena_text(arena, text, strlen(text));

	for (char *letter = small; *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	return small;
}

static bool is_hex(const char *text, size_t digits)
{
	return strspn(text, "0123456789abcdef") >= digits;
}

static bool is_number(const char *text)
{
	return strlen(text) == 6 && !strncmp(text, "0x", 2) && is_hex(text + 2, 4);
}

/* A word of the table or a number. */
static const char *word_in(
	struct arena *arena, const struct hello_word *rows, const char *text, bool numbers)
{
	const char *small = in_small_letters(arena, text);

	for (; rows->word; rows++) {
		if (!strcmp(rows->word, small))
			return small;
	}
	return numbers && is_number(small) ? small : NULL;
}

static bool unknown(struct conditions *conditions, const struct yaml_node *node, const char *what,
	const struct hello_word *rows, const char *first, const char *last)
{
	const char *words[WORDS_MAX] = {NULL};
	size_t count = 0;

	if (first)
		words[count++] = first;
	for (; rows->word; rows++)
		words[count++] = rows->word;
	words[count] = last;
	return yaml_unknown(node, what, node->text, NULL, words, conditions->references->failure);
}

static bool read_words(struct conditions *conditions, struct expr *expr, const struct items *items,
	const struct hello_word *rows, const char *first, bool numbers)
{
	struct arena *arena = conditions->references->arena;

	expr->patterns = arena_alloc(arena, items->count * sizeof(char *));
	for (uint32_t i = 0; i < items->count; i++) {
		const char *text = items->nodes[i]->text;

		if (first && !strcmp(text, first))
			expr->patterns[i] = first;
		else
			expr->patterns[i] = word_in(arena, rows, text, numbers);
		if (!expr->patterns[i])
			return unknown(conditions, items->nodes[i], expr->word, rows, first,
				numbers ? "0x and four digits" : NULL);
	}
	return true;
}

bool hellos_read_versions(
	struct conditions *conditions, struct expr *expr, const struct items *items)
{
	return read_words(conditions, expr, items, hello_versions, NULL, true);
}

bool hellos_read_groups(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	return read_words(conditions, expr, items, hello_groups, "none", true);
}

/* RFC 9849 section 6.2: made to look alike, on purpose. */
bool hellos_read_ech(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	for (uint32_t i = 0; i < items->count; i++) {
		if (!strcmp(items->nodes[i]->text, "grease"))
			return yaml_failure(items->nodes[i], conditions->references->failure,
				"nothing on the wire tells GREASE from a real outer hello: say "
				"outer, and tls.sni: the public name of those that are meant");
	}
	return read_words(conditions, expr, items, hello_ech_words, NULL, false);
}

static bool is_regex(const char *text)
{
	size_t len = strlen(text);

	return len > 2 && text[0] == '/' && text[len - 1] == '/';
}

/* Values as read_text has them, and regular expressions as names have. */
static bool read_texts(struct conditions *conditions, struct expr *expr, const struct items *items,
	read_text *read, const char *wanted)
{
	const struct references *references = conditions->references;
	const char **patterns = arena_alloc(references->arena, items->count * sizeof(char *));
	uint32_t kept = 0;

	for (uint32_t i = 0; i < items->count; i++) {
		struct items one = {.nodes = items->nodes + i, .count = 1, .written = true};
		const char *text = items->nodes[i]->text;

		if (!is_regex(text)) {
			patterns[kept] = read(references->arena, text);
			if (patterns[kept])
				kept++;
			else if (!references_skip(references, items->nodes[i],
					 "\"%.60s\" is not %s", text, wanted))
				return false;
			continue;
		}
		if (!patterns_read(references, &one, &expr->patterns, &expr->count))
			return false;
		if (expr->count)
			patterns[kept++] = expr->patterns[0];
	}
	expr->patterns = patterns;
	expr->count = kept;
	return true;
}

/* As a regular expression that is the text and nothing else: names have no slash, for one. */
static const char *literally(struct arena *arena, const char *text)
{
	char expression[2 * PROTOCOL_BYTES + 5];
	size_t used = 0;

	expression[used++] = '/';
	expression[used++] = '^';
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text))
			expression[used++] = '\\';
		expression[used++] = *text;
	}
	expression[used++] = '$';
	expression[used++] = '/';
	return arena_text(arena, expression, used);
}

static const char *protocol_text(struct arena *arena, const char *text)
{
	size_t len = strlen(text), plain = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '*')
			return NULL;
		plain += isalnum((unsigned char)text[i]) || text[i] == '-';
	}
	if (!len || len > PROTOCOL_BYTES || *text == '/')
		return NULL;
	text = in_small_letters(arena, text);
	return plain == len ? text : literally(arena, text);
}

bool hellos_read_protocols(
	struct conditions *conditions, struct expr *expr, const struct items *items)
{
	return read_texts(conditions, expr, items, protocol_text,
		"a protocol like h2 or http/1.1, or a regular expression between slashes");
}

static const char *ja3_text(struct arena *arena, const char *text)
{
	const char *small = in_small_letters(arena, text);

	return strlen(text) == JA3_BYTES && is_hex(small, JA3_BYTES) ? small : NULL;
}

bool hellos_read_ja3(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	return read_texts(conditions, expr, items, ja3_text,
		"a JA3 of 32 hexadecimal digits, or a regular expression between slashes");
}

/* "t13d1516h2_8daaf6152771_e5627efa2ab1" */
static const char *ja4_text(struct arena *arena, const char *text)
{
	const char *small = in_small_letters(arena, text);

	if (strlen(small) != JA4_BYTES || !strchr("tqd", small[0]) || !strchr("di", small[3]) ||
		strspn(small + 4, "0123456789") < 4 || small[10] != '_' || small[23] != '_')
		return NULL;
	return is_hex(small + 11, 12) && is_hex(small + 24, 12) ? small : NULL;
}

bool hellos_read_ja4(struct conditions *conditions, struct expr *expr, const struct items *items)
{
	return read_texts(conditions, expr, items, ja4_text,
		"a JA4 like t13d1516h2_8daaf6152771_e5627efa2ab1, or a regular expression between "
		"slashes");
}
