/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/script_values.h"

#include "control/nearest.h"
#include "control/units.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

static bool refuse(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(char *why, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, SCRIPT_WHY, format, arguments);
	va_end(arguments);
	return false;
}

bool script_unknown(char *why, const char *thing, const char *word, const char *const *words)
{
	const char *nearest = nearest_word(word, words);
	char list[SCRIPT_WHY] = "";

	for (; *words; words++) {
		if (strlen(list) + strlen(*words) + 3 < sizeof(list)) {
			strcat(list, list[0] ? ", " : "");
			strcat(list, *words);
		}
	}
	return refuse(why, "unknown %s \"%.40s\"%s%s%s allowed: %.330s", thing, word,
		nearest ? ", did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : ";",
		list);
}

/* "name=" before what is wrong with a key's value; nothing before an amount's. */
static bool refuse_value(
	char *why, const struct script_key_row *row, const char *text, const char *what)
{
	return refuse(why, "%s%s\"%.40s\" %s", row->word, row->word[0] ? ": " : "", text, what);
}

static bool in_bounds(const struct script_key_row *row, const char *text, uint64_t value, char *why)
{
	static const char *const units[] = {[SCRIPT_TYPE_BYTES] = "B",
		[SCRIPT_TYPE_DURATION] = "ns",
		[SCRIPT_TYPE_RATE] = "bit/s",
		[SCRIPT_TYPE_COUNT] = "",
		[SCRIPT_TYPE_NUMBER] = "e-9"};
	char what[96];

	if (!row->max || (value >= row->min && value <= row->max))
		return true;
	snprintf(what, sizeof(what), "is out of bounds: %llu%s to %llu%s",
		(unsigned long long)row->min, units[row->type], (unsigned long long)row->max,
		units[row->type]);
	return refuse_value(why, row, text, what);
}

static bool read_measure(
	const struct script_key_row *row, const char *text, uint64_t *value, char *why)
{
	static const enum quantity quantities[] = {[SCRIPT_TYPE_BYTES] = QUANTITY_BYTES,
		[SCRIPT_TYPE_DURATION] = QUANTITY_DURATION,
		[SCRIPT_TYPE_RATE] = QUANTITY_RATE,
		[SCRIPT_TYPE_NUMBER] = QUANTITY_NUMBER};
	char wrong[UNITS_WHY];
	bool good;

	if (row->type == SCRIPT_TYPE_SHARE)
		good = units_probability(text, value, wrong);
	else if (row->type == SCRIPT_TYPE_COUNT)
		good = units_count(text, UINT64_MAX, value, wrong);
	else
		good = units_parse(text, quantities[row->type], value, wrong);
	if (!good)
		return refuse(why, "%s%s%s", row->word, row->word[0] ? ": " : "", wrong);
	return in_bounds(row, text, *value, why);
}

static bool read_time(const char *text, uint64_t *value)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M", "%Y-%m-%d"};
	struct tm parts;
	const char *end;

	for (int i = 0; i < 2; i++) {
		memset(&parts, 0, sizeof(parts));
		end = strptime(text, forms[i], &parts);
		if (end && !*end && parts.tm_year >= 70) {
			*value = (uint64_t)timegm(&parts);
			return true;
		}
	}
	return false;
}

static bool is_address(const char *text)
{
	uint8_t address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static bool read_word(
	const struct script_key_row *row, const char *text, uint64_t *value, char *why)
{
	for (*value = 0; row->words[*value]; ++*value) {
		if (!strcmp(row->words[*value], text))
			return true;
	}
	return script_unknown(why, row->word, text, row->words);
}

bool script_value_read(
	const struct script_key_row *row, const char *text, uint64_t *value, char *why)
{
	switch (row->type) {
	case SCRIPT_TYPE_WORD:
		return read_word(row, text, value, why);
	case SCRIPT_TYPE_TIME:
		return read_time(text, value) ||
		       refuse_value(
			       why, row, text, "is no time: 2021-03-20 or 2021-03-20T08:00 (UTC)");
	case SCRIPT_TYPE_ADDRESS:
		return is_address(text) || refuse_value(why, row, text, "is no address");
	case SCRIPT_TYPE_TEXT:
		return strlen(text) <= 255 || refuse_value(why, row, text, "has over 255 bytes");
	default:
		return read_measure(row, text, value, why);
	}
}
