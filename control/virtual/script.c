/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/script.h"

#include "control/nearest.h"
#include "control/virtual/script_values.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_MAX = 32, COUNT_MAX = 20000 };

struct token {
	char *text;
	size_t column;
};

/* One step cut into words. */
struct line {
	struct token tokens[TOKENS_MAX];
	size_t count, at;
	size_t column; /* of its end */
};

struct reader {
	struct script *script;
	char *next; /* what is not cut yet; NULL: nothing */
	struct script_mistake *mistake;
};

struct alias {
	const char *word;
	enum script_verb verb;
};

static const struct alias aliases[] = {{"idle", SCRIPT_WAIT}, {"ssh banner", SCRIPT_SSH},
	{"client hello", SCRIPT_HELLO}, {"exchange both", SCRIPT_EXCHANGE}};

enum { ALIASES = sizeof(aliases) / sizeof(aliases[0]) };

static bool refuse(const struct reader *reader, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool refuse(const struct reader *reader, size_t column, const char *format, ...)
{
	va_list arguments;

	reader->mistake->column = column;
	va_start(arguments, format);
	vsnprintf(reader->mistake->why, sizeof(reader->mistake->why), format, arguments);
	va_end(arguments);
	return false;
}

/* Cuts the next step into words. */
static bool cut_line(struct reader *reader, struct line *line)
{
	char *text = reader->next, *end = text + strcspn(text, ";");
	const char *begin = reader->script->words;

	*line = (struct line){.column = (size_t)(end - begin) + 1};
	reader->next = *end ? end + 1 : NULL;
	*end = '\0';
	for (text += strspn(text, " \t\r\n"); *text; text += strspn(text, " \t\r\n")) {
		size_t len = strcspn(text, " \t\r\n");
		bool last = !text[len];

		if (line->count == TOKENS_MAX)
			return refuse(reader, (size_t)(text - begin) + 1,
				"a step has no more than %d words", TOKENS_MAX);
		line->tokens[line->count++] = (struct token){text, (size_t)(text - begin) + 1};
		text[len] = '\0';
		if (last)
			break;
		text += len + 1;
	}
	return line->count || refuse(reader, line->column, "a step is missing here");
}

static struct token *peek(struct line *line)
{
	return line->at < line->count ? &line->tokens[line->at] : NULL;
}

static bool is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && !text[digits];
}

static bool read_count(
	const struct reader *reader, const struct token *token, uint64_t max, uint64_t *value)
{
	const struct script_key_row row = {
		.word = "", .type = SCRIPT_TYPE_COUNT, .min = 1, .max = max};

	reader->mistake->column = token->column;
	return script_value_read(&row, token->text, value, reader->mistake->why);
}

/* Prefixes */

static bool is_word(struct line *line, size_t at, const char *word)
{
	return line->at + at < line->count && !strcmp(line->tokens[line->at + at].text, word);
}

static bool read_prefixes(struct reader *reader, struct line *line)
{
	for (;;) {
		struct token *first = peek(line);

		if (is_word(line, 0, "from") && is_word(line, 1, "outside:")) {
			reader->script->outside = true;
		} else if (first && is_number(first->text) &&
			   (is_word(line, 1, "flows:") || is_word(line, 1, "flow:"))) {
			if (!read_count(reader, first, SCRIPT_FLOWS_MAX, &reader->script->flows))
				return false;
		} else {
			return peek(line) || refuse(reader, line->column, "a step is missing here");
		}
		line->at += 2;
	}
}

/* Verbs */

/* How many tokens are the verb's words: all of them, or 0. */
static size_t words_matched(struct line *line, const char *words)
{
	size_t at = 0;

	for (;; at++) {
		size_t len = strcspn(words, " ");
		struct token *token;

		if (line->at + at >= line->count)
			return 0;
		token = &line->tokens[line->at + at];
		if (strlen(token->text) != len || strncmp(token->text, words, len) != 0)
			return 0;
		if (!words[len])
			return at + 1;
		words += len + 1;
	}
}

static size_t match_verb(struct line *line, enum script_verb *verb)
{
	size_t longest = 0, matched;

	for (int i = 0; i < SCRIPT_VERBS; i++) {
		matched = words_matched(line, script_verbs[i].word);
		if (matched > longest) {
			longest = matched;
			*verb = (enum script_verb)i;
		}
	}
	for (int i = 0; i < ALIASES; i++) {
		matched = words_matched(line, aliases[i].word);
		if (matched > longest) {
			longest = matched;
			*verb = aliases[i].verb;
		}
	}
	return longest;
}

static bool refuse_word(const struct reader *reader, const struct token *token, const char *thing,
	const char *const *words)
{
	reader->mistake->column = token->column;
	return script_unknown(reader->mistake->why, thing, token->text, words);
}

static bool unknown_verb(const struct reader *reader, struct line *line)
{
	const char *words[SCRIPT_VERBS + 1];
	struct token two = *peek(line);
	char joined[64];

	for (int i = 0; i < SCRIPT_VERBS; i++)
		words[i] = script_verbs[i].word;
	words[SCRIPT_VERBS] = NULL;
	if (!nearest_word(two.text, words) && line->at + 1 < line->count) {
		snprintf(joined, sizeof(joined), "%.30s %.30s", two.text,
			line->tokens[line->at + 1].text);
		two.text = joined;
	}
	return refuse_word(reader, &two, "step", words);
}

static bool read_verb(struct reader *reader, struct line *line, struct script_step *step)
{
	struct token *number = is_number(peek(line)->text) ? peek(line) : NULL;
	const struct script_verb_row *row;
	size_t matched;

	line->at += number != NULL;
	if (!peek(line))
		return refuse(
			reader, line->column, "what there are %.20s of is missing", number->text);
	matched = match_verb(line, &step->verb);
	if (!matched)
		return unknown_verb(reader, line);
	line->at += matched;
	row = &script_verbs[step->verb];
	step->count = row->counted;
	if (number && !row->counted)
		return refuse(reader, number->column, "%s has no number before it", row->word);
	return !number || read_count(reader, number, COUNT_MAX, &step->count);
}

static bool read_amount(struct reader *reader, struct line *line, struct script_step *step)
{
	const struct script_verb_row *row = &script_verbs[step->verb];
	struct script_key_row amount;
	struct token *token = peek(line);

	step->amount = row->usual;
	if (row->amount == SCRIPT_TYPE_NONE)
		return true;
	if (!token || !isdigit((unsigned char)token->text[0])) {
		return row->usual || refuse(reader, token ? token->column : line->column,
					     "%s needs %s after it, as in %s", row->word,
					     row->amount == SCRIPT_TYPE_BYTES ? "an amount of bytes"
									      : "a duration",
					     row->amount == SCRIPT_TYPE_BYTES ? "383kB" : "590s");
	}
	line->at++;
	amount = (struct script_key_row){
		.word = row->word, .type = row->amount, .min = row->min, .max = row->max};
	reader->mistake->column = token->column;
	return script_value_read(&amount, token->text, &step->amount, reader->mistake->why);
}

/* Keys */

static bool unknown_key(
	const struct reader *reader, const struct token *token, const struct script_verb_row *verb)
{
	const char *words[SCRIPT_KEYS + 1];
	char thing[64];
	int count = 0;

	for (int key = 0; key < SCRIPT_KEYS; key++) {
		if (verb->keys >> key & 1)
			words[count++] = script_keys[key].word;
	}
	words[count] = NULL;
	if (!count)
		return refuse(reader, token->column, "\"%.40s\": %s has no more words after it",
			token->text, verb->word);
	snprintf(thing, sizeof(thing), "word of %s", verb->word);
	return refuse_word(reader, token, thing, words);
}

static bool read_key(struct reader *reader, struct line *line, struct script_step *step)
{
	struct token *token = peek(line), value;
	const struct script_verb_row *verb = &script_verbs[step->verb];
	char *equals = strchr(token->text, '=');
	int key = 0;

	line->at++;
	if (equals)
		*equals = '\0';
	while (key < SCRIPT_KEYS &&
		(!(verb->keys >> key & 1) || strcmp(script_keys[key].word, token->text)))
		key++;
	if (key == SCRIPT_KEYS)
		return unknown_key(reader, token, verb);
	if (script_has(step, (enum script_key)key))
		return refuse(reader, token->column, "%s is given twice", token->text);
	step->given |= 1ull << key;
	if (script_keys[key].type == SCRIPT_TYPE_NONE)
		return !equals || refuse(reader, token->column, "%s has no value", token->text);
	if (!equals || !equals[1])
		return refuse(reader, token->column, "%s needs a value: %s=...", token->text,
			token->text);
	value = (struct token){equals + 1, token->column + (size_t)(equals + 1 - token->text)};
	step->text[key] = value.text;
	reader->mistake->column = value.column;
	return script_value_read(
		&script_keys[key], value.text, &step->value[key], reader->mistake->why);
}

static bool read_step(struct reader *reader, struct line *line)
{
	struct script *script = reader->script;
	struct script_step *step = &script->steps[script->count];
	struct token *first = peek(line);

	if (script->count == SCRIPT_STEPS_MAX)
		return refuse(reader, first->column, "a script has no more than %d steps",
			SCRIPT_STEPS_MAX);
	if (!read_verb(reader, line, step) || !read_amount(reader, line, step))
		return false;
	if (step->verb == SCRIPT_LINK && script->count)
		return refuse(reader, first->column, "link is the first step or none");
	while (peek(line)) {
		if (!read_key(reader, line, step))
			return false;
	}
	script->count++;
	return true;
}

static bool read_script(struct reader *reader)
{
	struct line line;

	if (!cut_line(reader, &line) || !read_prefixes(reader, &line) || !read_step(reader, &line))
		return false;
	while (reader->next) {
		if (!cut_line(reader, &line) || !read_step(reader, &line))
			return false;
	}
	return true;
}

struct script *script_parse(const char *text, struct script_mistake *mistake)
{
	struct reader reader = {.script = calloc(1, sizeof(*reader.script)), .mistake = mistake};

	*mistake = (struct script_mistake){1, "out of memory"};
	if (!reader.script)
		return NULL;
	reader.script->flows = 1;
	reader.script->words = strdup(text);
	reader.next = reader.script->words;
	if (reader.script->words && read_script(&reader))
		return reader.script;
	script_free(reader.script);
	return NULL;
}

void script_free(struct script *script)
{
	if (!script)
		return;
	free(script->words);
	free(script);
}
