/* SPDX-License-Identifier: BSD-3-Clause */
#include "units.h"

#include "nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef unsigned __int128 wide;

enum { DIGITS_MAX = 24, WORDS_MAX = 12 };

struct unit {
	const char *word;
	uint64_t base_units;
};

struct kind {
	const char *name;    /* "a rate" */
	const char *allowed; /* the units, for messages */
	const char *example;
	struct unit units[WORDS_MAX];
};

static const struct kind kinds[] = {
	[QUANTITY_TEXT] = {.name = "a word"},
	[QUANTITY_NUMBER] = {"a number", "none or %", "15", {{"", 1000000000}, {"%", 10000000}}},
	[QUANTITY_RATE] = {"a rate", "bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, MB/s", "140kbit/s",
		{{"bit/s", 1}, {"kbit/s", 1000}, {"Mbit/s", 1000000}, {"Gbit/s", 1000000000},
			{"B/s", 8}, {"kB/s", 8000}, {"MB/s", 8000000}}},
	[QUANTITY_BYTES] = {"an amount of bytes", "B, kB, MB, GB, KiB, MiB, GiB", "17500B",
		{{"B", 1}, {"kB", 1000}, {"MB", 1000000}, {"GB", 1000000000}, {"KiB", 1 << 10},
			{"MiB", 1 << 20}, {"GiB", 1 << 30}}},
	[QUANTITY_DURATION] = {"a duration", "ns, us, ms, s, min, h", "600s",
		{{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000},
			{"h", 3600000000000}}},
	[QUANTITY_PACKETS] = {"a number of packets", "packets", "25 packets",
		{{"packets", 1}, {"packet", 1}}},
	[QUANTITY_DATE] = {"a date", "year-month-day", "2021-04-02", {{NULL, 0}}},
};

/* digits / 10^decimals, and what stands after it */
struct decimal {
	wide digits;
	unsigned decimals;
	const char *unit;
};

static const char *const number_wrong = "is not a plain decimal number (no sign, no exponent)";

/* NULL, or what is wrong. */
static const char *read_decimal(const char *text, struct decimal *number)
{
	unsigned count = 0, fraction = 0, zeros = 0;
	bool point = false;

	*number = (struct decimal){0};
	if (!isdigit((unsigned char)*text))
		return number_wrong;
	for (; isdigit((unsigned char)*text) || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		if (count >= DIGITS_MAX)
			return "has too many digits";
		count += number->digits || *text != '0';
		number->digits = number->digits * 10 + (unsigned)(*text - '0');
		fraction += point;
		zeros = *text == '0' ? zeros + 1 : 0;
	}
	if (fraction > DIGITS_MAX)
		return "has too many digits";
	if (point && !fraction)
		return number_wrong;
	for (zeros = zeros < fraction ? zeros : fraction; zeros; zeros--, fraction--)
		number->digits /= 10;
	number->decimals = fraction;
	while (*text == ' ')
		text++;
	number->unit = text;
	return NULL;
}

static wide power_of_ten(unsigned exponent)
{
	wide power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

static bool refuse(char *why, const char *text, const char *what)
{
	snprintf(why, UNITS_WHY, "\"%.40s\" %s", text, what);
	return false;
}

static const struct unit *find_unit(const struct kind *kind, const char *word)
{
	for (const struct unit *unit = kind->units; unit->word; unit++) {
		if (!strcmp(unit->word, word))
			return unit;
	}
	return NULL;
}

/* Spellings that are nearer to another unit than to the one that is meant. */
static const char *meant_unit(const char *unit, const char *const *words)
{
	static const char *const spellings[][2] = {
		{"bps", "bit/s"}, {"kbps", "kbit/s"}, {"mbps", "Mbit/s"}, {"gbps", "Gbit/s"}};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		if (!strcasecmp(spellings[i][0], unit) && !strcmp(words[0], "bit/s"))
			return spellings[i][1];
	}
	return nearest_word(unit, words);
}

static bool refuse_unit(char *why, const char *text, const struct kind *kind, const char *unit)
{
	const char *words[WORDS_MAX + 1] = {NULL};
	const char *nearest;

	if (!*unit) {
		snprintf(why, UNITS_WHY, "\"%.40s\" has no unit: %s is written like %s (%s)", text,
			kind->name, kind->example, kind->allowed);
		return false;
	}
	for (int i = 0; kind->units[i].word; i++)
		words[i] = kind->units[i].word;
	nearest = meant_unit(unit, words);
	snprintf(why, UNITS_WHY, "\"%.40s\" is not %s%s%s%s: allowed units are %s", text,
		kind->name, nearest ? ", did you mean \"" : "", nearest ? nearest : "",
		nearest ? "\"" : "", kind->allowed);
	return false;
}

static bool read_date(const char *text, uint64_t *value, char *why)
{
	static const unsigned month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	static const char shape[] = "dddd-dd-dd";
	unsigned year, month, day;

	for (size_t i = 0; i < sizeof(shape); i++) {
		if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
			return refuse(why, text, "is not a date: year-month-day, e.g. 2021-04-02");
	}
	sscanf(text, "%4u-%2u-%2u", &year, &month, &day);
	if (month < 1 || month > 12 || day < 1 ||
		day > month_days[month - 1] +
				(month == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0)))
		return refuse(why, text, "is not a day of the calendar");
	*value = year * 10000ull + month * 100 + day;
	return true;
}

bool units_parse(const char *text, enum quantity quantity, uint64_t *value, char *why)
{
	const struct kind *kind = &kinds[quantity];
	const struct unit *unit;
	struct decimal number;
	const char *wrong;
	wide scaled;

	if (quantity == QUANTITY_DATE)
		return read_date(text, value, why);
	wrong = read_decimal(text, &number);
	if (wrong)
		return snprintf(why, UNITS_WHY, "\"%.40s\" %s: %s is written like %s", text, wrong,
			       kind->name, kind->example) < 0;
	unit = find_unit(kind, number.unit);
	if (!unit)
		return refuse_unit(why, text, kind, number.unit);
	scaled = number.digits * unit->base_units;
	if (scaled % power_of_ten(number.decimals))
		return refuse(why, text, "is not a whole number of the smallest unit");
	scaled /= power_of_ten(number.decimals);
	if (scaled > UINT64_MAX)
		return refuse(why, text, "is too large");
	*value = (uint64_t)scaled;
	if (quantity == QUANTITY_RATE && (!*value || *value > UNITS_RATE_MAX))
		return refuse(why, text, "is out of bounds: a rate is 1bit/s to 400Gbit/s");
	return true;
}

bool units_probability(const char *text, uint64_t *value, char *why)
{
	struct decimal number;
	const char *wrong = read_decimal(text, &number);
	wide scale;

	if (!wrong && !strcmp(number.unit, "%"))
		number.decimals += 2;
	else if (!wrong && *number.unit)
		wrong = "is not a probability";
	if (wrong)
		return refuse(why, text, "is not a probability: 0 to 1 (0.9) or 0% to 100% (90%)");
	/* digits <= 10^18 below, so digits * 2^64 fits 128 bits */
	if (number.decimals > 18)
		return refuse(why, text, "has too many decimals: at most 16");
	scale = power_of_ten(number.decimals);
	if (number.digits > scale)
		return refuse(why, text, "is more than 1: a probability is 0 to 1 or 0% to 100%");
	if (number.digits == scale)
		*value = UINT64_MAX;
	else
		*value = (uint64_t)(((number.digits << 64) + scale / 2) / scale);
	return true;
}

bool units_count(const char *text, uint64_t max, uint64_t *value, char *why)
{
	struct decimal number;
	const char *wrong = read_decimal(text, &number);

	if (wrong || *number.unit || number.decimals || strchr(text, '.')) {
		snprintf(why, UNITS_WHY, "\"%.40s\" is not a whole number (0 to %llu)", text,
			(unsigned long long)max);
		return false;
	}
	if (number.digits > max) {
		snprintf(why, UNITS_WHY, "\"%.40s\" is too large: at most %llu", text,
			(unsigned long long)max);
		return false;
	}
	*value = (uint64_t)number.digits;
	return true;
}

enum quantity units_recognise(const char *text, uint64_t *value)
{
	char why[UNITS_WHY];

	for (int quantity = QUANTITY_NUMBER; quantity <= QUANTITY_DATE; quantity++) {
		if (units_parse(text, (enum quantity)quantity, value, why))
			return (enum quantity)quantity;
	}
	*value = 0;
	return QUANTITY_TEXT;
}

const char *units_quantity_word(enum quantity quantity)
{
	return kinds[quantity].name;
}

const char *units_word(enum quantity quantity, size_t i)
{
	return i < WORDS_MAX ? kinds[quantity].units[i].word : NULL;
}
