/* SPDX-License-Identifier: BSD-3-Clause */
#include "block.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void block_begin(FILE *page, const char *id)
{
	fprintf(page, "<script type=\"application/json\" id=\"%s\">", id);
}

void block_end(FILE *page)
{
	fputs("</script>\n", page);
}

/* Length of the UTF-8 character at text (RFC 3629 section 4), 0 when it is none. */
static size_t utf8_len(const unsigned char *text, size_t len)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high, len;
	} forms[] = {
		{0x00, 0x7f, 0x00, 0xff, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t at = 2;

		if (text[0] < forms[i].first_low || text[0] > forms[i].first_high)
			continue;
		if (forms[i].len == 1)
			return 1;
		if (len < forms[i].len || text[1] < forms[i].second_low ||
			text[1] > forms[i].second_high)
			return 0;
		while (at < forms[i].len && (text[at] & 0xc0) == 0x80)
			at++;
		return at == forms[i].len ? at : 0;
	}
	return 0;
}

/* What stands in a JSON string, and in a script element, as it is. */
static const bool plain[256] = {
	[' ' ... '!'] = true,
	['#' ... '%'] = true,
	['\'' ... ';'] = true,
	['='] = true,
	['?' ... '['] = true,
	[']' ... '~'] = true,
};

static size_t plain_len(const unsigned char *text, size_t len)
{
	size_t at = 0;

	while (at < len && plain[text[at]])
		at++;
	return at;
}

/* Writes the character at text and returns its length. */
static size_t write_character(FILE *page, const unsigned char *text, size_t left)
{
	size_t len = utf8_len(text, left);

	if (len == 0)
		fputs("\\ufffd", page);
	else if (len == 1)
		fprintf(page, "\\u%04x", *text);
	else
		fwrite_unlocked(text, 1, len, page);
	return len ? len : 1;
}

void block_string(FILE *page, struct csv_field text)
{
	const unsigned char *at = (const unsigned char *)text.data, *end = at + text.len;
	size_t len;

	putc_unlocked('"', page);
	for (; at < end; at += len) {
		len = plain_len(at, (size_t)(end - at));
		if (len)
			fwrite_unlocked(at, 1, len, page);
		else
			len = write_character(page, at, (size_t)(end - at));
	}
	putc_unlocked('"', page);
}

void block_number(FILE *page, uint64_t number)
{
	char digits[20]; /* of 2^64 - 1 */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	fwrite_unlocked(digits + at, 1, sizeof(digits) - at, page);
}

static bool is_exact_number(struct csv_field text)
{
	if (text.len == 0 || text.len > 15 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
	return true;
}

void block_value(FILE *page, struct csv_field text)
{
	if (is_exact_number(text))
		fwrite_unlocked(text.data, 1, text.len, page);
	else
		block_string(page, text);
}

json_t *block_read(const char *folder, const char *name, struct failure *failure)
{
	char path[4096];
	struct stat status;
	json_error_t error;
	json_t *value;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = csv_file(path, failure);
	if (!file)
		return NULL;
	if (fstat(fileno(file), &status) != 0 || status.st_size > BLOCK_JSON_BYTES) {
		failure_set(failure, EXIT_BAD_INPUT, "%s: longer than %d bytes", path,
			BLOCK_JSON_BYTES);
		fclose(file);
		return NULL;
	}
	value = json_loadf(file, JSON_ALLOW_NUL, &error);
	fclose(file);
	if (!value)
		failure_at(failure, path, error.line, error.column, "%s", error.text);
	else if (!json_is_object(value))
		failure_set(failure, EXIT_BAD_INPUT, "%s: not a JSON object", path);
	if (value && json_is_object(value))
		return value;
	json_decref(value);
	return NULL;
}

/* In JSON '<' stands only inside strings, where its escape means the same. */
static int write_escaped(const char *text, size_t len, void *page)
{
	const char *end = text + len, *found;

	for (; (found = memchr(text, '<', (size_t)(end - text))); text = found + 1) {
		fwrite_unlocked(text, 1, (size_t)(found - text), page);
		fputs("\\u003c", page);
	}
	fwrite_unlocked(text, 1, (size_t)(end - text), page);
	return 0;
}

void block_json(FILE *page, const char *id, const json_t *value)
{
	block_begin(page, id);
	json_dump_callback(value, write_escaped, page, JSON_COMPACT | JSON_REAL_PRECISION(15));
	block_end(page);
}
