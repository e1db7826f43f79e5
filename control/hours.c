/* SPDX-License-Identifier: BSD-3-Clause */
#include "hours.h"

#include "units.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, MINUTE_S = 60, HOUR_S = 3600 };

/* "hh:mm" up to 24:00, as seconds. */
static bool read_clock(const char *text, int32_t *seconds)
{
	int hour, minute;

	for (int i = 0; i < 5; i++) {
		if (i == 2 ? text[i] != ':' : !isdigit((unsigned char)text[i]))
			return false;
	}
	hour = (text[0] - '0') * 10 + text[1] - '0';
	minute = (text[3] - '0') * 10 + text[4] - '0';
	*seconds = hour * HOUR_S + minute * MINUTE_S;
	return minute < 60 && *seconds <= DAY_S;
}

/* "+hh:mm" or "-hh:mm": what local time is ahead of UTC. */
static bool read_difference(const char *text, int32_t *seconds)
{
	if ((*text != '+' && *text != '-') || !read_clock(text + 1, seconds) || text[6] ||
		*seconds > 14 * HOUR_S)
		return false;
	if (*text == '-')
		*seconds = -*seconds;
	return true;
}

bool hours_zone_check(const struct yaml_node *root, struct failure *failure)
{
	const struct yaml_node *zone = yaml_get(root, "zone");
	int32_t seconds;

	if (!zone)
		return true;
	if (!yaml_want_scalar(zone, "zone", failure))
		return false;
	return read_difference(zone->text, &seconds) ||
	       yaml_failure(zone, failure,
		       "\"%.40s\" is no zone: the difference to UTC, like \"+03:00\"", zone->text);
}

static bool own_zone(const struct references *references, int32_t *seconds)
{
	const struct yaml_node *zone = yaml_get(references->root, "zone");

	*seconds = 0;
	return zone && read_difference(zone->text, seconds);
}

/* What stands after the hours. */
static bool read_zone(const struct references *references, const struct yaml_node *at,
	const char *text, int32_t *seconds)
{
	*seconds = 0;
	if (!strcmp(text, "utc") || read_difference(text, seconds))
		return true;
	if (strcmp(text, "local") != 0)
		return yaml_failure(at, references->failure,
			"\"%.40s\" says no zone: utc, +08:00, or local for the document's zone",
			at->text);
	return own_zone(references, seconds) ||
	       yaml_failure(at, references->failure,
		       "local needs the document's zone: zone: \"+03:00\" at its root");
}

static bool read_hours(
	const struct references *references, const struct yaml_node *at, struct hours *hours)
{
	const char *text = at->text;
	int32_t opens, closes, zone;

	if (strlen(text) < 13 || text[5] != '-' || text[11] != ' ' || !read_clock(text, &opens) ||
		!read_clock(text + 6, &closes))
		return yaml_failure(at, references->failure,
			"\"%.40s\" is no part of a day: written like 00:00-06:00 utc", text);
	if (!read_zone(references, at, text + 12, &zone))
		return false;
	hours->opens_s = (uint32_t)((opens - zone + DAY_S) % DAY_S);
	hours->closes_s = (uint32_t)((closes - zone + DAY_S) % DAY_S);
	return true;
}

bool hours_items(
	const struct references *references, const struct items *items, struct opening *opening)
{
	*opening = (struct opening){0};
	if (items->count > HOURS_MAX)
		return yaml_failure(items->nodes[HOURS_MAX], references->failure,
			"too many parts of a day: at most %d", HOURS_MAX);
	for (; opening->count < items->count; opening->count++) {
		if (!read_hours(references, items->nodes[opening->count],
			    &opening->hours[opening->count]))
			return false;
	}
	return true;
}

bool hours_read(
	const struct references *references, const struct yaml_node *node, struct opening *opening)
{
	struct items items;

	if (!references_items(references, node, "between", &items))
		return false;
	if (!items.count)
		return yaml_failure(node, references->failure,
			"between is empty: hours like 00:00-06:00 utc are wanted");
	return hours_items(references, &items, opening);
}

/* Days since the epoch of a proleptic Gregorian date; Howard Hinnant's days_from_civil. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = year / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool hours_date(const struct references *references, const struct yaml_node *at, const char *text,
	uint64_t *ns)
{
	char day[11] = "", why[UNITS_WHY];
	uint64_t date;
	int32_t clock = 0, zone;
	int64_t seconds;

	snprintf(day, sizeof(day), "%.10s", text);
	if ((strlen(text) != 10 &&
		    (strlen(text) != 16 || text[10] != 'T' || !read_clock(text + 11, &clock))) ||
		!units_parse(day, QUANTITY_DATE, &date, why) || date < 19700102)
		return yaml_failure(at, references->failure,
			"\"%.40s\" is no date: 2024-07-25 or 2024-07-25T18:30", text);
	own_zone(references, &zone);
	seconds = days_of((int64_t)date / 10000, (int64_t)date / 100 % 100, (int64_t)date % 100) *
			  DAY_S +
		  clock - zone;
	*ns = (uint64_t)seconds * 1000000000;
	return true;
}
