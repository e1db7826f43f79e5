/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/document.h"
#include "control/hours.h"
#include "control/rules.h"
#include "dataplane/ruleset.h"
#include "dataplane/timetable.h"

#define SECOND_NS (1000ull * 1000 * 1000)
#define HOUR_S    3600ull

/* 2024-07-25 00:00 UTC; date -u -d 2024-07-25 +%s */
#define JULY_25_S 1721865600ull
#define DAY_S     86400ull

static struct rules *load(const char *text)
{
	struct failure failure = {0};
	struct rules *rules = rules_load_text("t.yaml", text, strlen(text), NULL, 0, &failure);

	if (!rules)
		fail_msg("%s", failure.line);
	return rules;
}

/* Steps of a day, in seconds, at which a step acts or rests. */
static void test_hours(void **state)
{
	static const struct {
		const char *between;
		uint32_t second;
		bool open;
	} rows[] = {
		{"00:00-06:00 utc", 0, true},
		{"00:00-06:00 utc", 6 * HOUR_S - 1, true},
		{"00:00-06:00 utc", 6 * HOUR_S, false},
		{"00:00-06:00 utc", DAY_S - 1, false},
		/* over midnight */
		{"23:00-02:00 utc", 23 * HOUR_S, true},
		{"23:00-02:00 utc", 2 * HOUR_S - 1, true},
		{"23:00-02:00 utc", 2 * HOUR_S, false},
		{"23:00-02:00 utc", 23 * HOUR_S - 1, false},
		/* 03:00 in China is 19:00 the day before */
		{"03:00-06:00 +08:00", 19 * HOUR_S, true},
		{"03:00-06:00 +08:00", 22 * HOUR_S - 1, true},
		{"03:00-06:00 +08:00", 3 * HOUR_S, false},
		{"03:00-06:00 -04:30", 7 * HOUR_S + 1800, true},
		{"03:00-06:00 -04:30", 7 * HOUR_S + 1799, false},
		/* the document says +03:00 */
		{"03:00-06:00 local", 0, true},
		{"03:00-06:00 local", 3 * HOUR_S, false},
		{"00:00-24:00 utc", 12 * HOUR_S, true},
		{"[01:00-02:00 utc, 05:00-06:00 utc]", HOUR_S, true},
		{"[01:00-02:00 utc, 05:00-06:00 utc]", 3 * HOUR_S, false},
		{"[01:00-02:00 utc, 05:00-06:00 utc]", 5 * HOUR_S, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[300];
		struct rules *rules;
		const struct throttle *step;
		uint64_t now_ns = (JULY_25_S + rows[i].second) * SECOND_NS;

		snprintf(text, sizeof(text),
			"sluice: 1\nzone: \"+03:00\"\nrules:\n- id: a\n  then:\n  - drop: {}\n"
			"    between: %s\n",
			rows[i].between);
		rules = load(text);
		step = &rules_compiled(rules)->throttles[0];
		if ((throttle_params_at(step, now_ns) != NULL) != rows[i].open)
			fail_msg("%s at second %u", rows[i].between, rows[i].second);
		rules_free(rules);
	}
}

/* The rate that a police step has: its first parameter. */
static uint64_t rate_at(const struct throttle *step, uint64_t second)
{
	uint64_t rate;

	memcpy(&rate, throttle_params_at(step, second * SECOND_NS), sizeof(rate));
	return rate;
}

#define POLICE                                                                                     \
	"sluice: 1\nrules:\n- id: a\n  then:\n  - police: {rate: 8.5Mbit/s, burst: 100kB, count: " \
	"l3}\n"
#define DATES                                                                               \
	"    from: {2024-07-26: {rate: 1Mbit/s}, 2024-07-28: {rate: 2Mbit/s, burst: 50kB}," \
	" 2024-07-28T12:00: {rate: 300kbit/s}}\n"

static void test_changes_at_dates(void **state)
{
	static const struct {
		uint64_t second, rate;
	} rows[] = {
		{0, 8500000},
		{JULY_25_S, 8500000},
		{JULY_25_S + DAY_S - 1, 8500000},
		{JULY_25_S + DAY_S, 1000000},
		{JULY_25_S + 3 * DAY_S - 1, 1000000},
		{JULY_25_S + 3 * DAY_S, 2000000},
		{JULY_25_S + 3 * DAY_S + 12 * HOUR_S, 300000},
		{JULY_25_S + 3000 * DAY_S, 300000},
	};
	struct rules *rules = load(POLICE DATES);
	const struct throttle *step = &rules_compiled(rules)->throttles[0];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rate_at(step, rows[i].second), rows[i].rate);
	rules_free(rules);
}

static void test_ramp(void **state)
{
	struct rules *rules = load(POLICE DATES "    ramp: linear\n");
	const struct throttle *step = &rules_compiled(rules)->throttles[0];
	uint64_t before = 0;

	assert_int_equal(rate_at(step, JULY_25_S), 8500000); /* no ramp to the first date */
	assert_int_equal(rate_at(step, JULY_25_S + DAY_S), 1000000);
	/* Half way from 1 to 2 Mbit/s, and a quarter; from 2 Mbit/s to 300 kbit/s half way. */
	assert_int_equal(rate_at(step, JULY_25_S + 2 * DAY_S), 1500000);
	assert_int_equal(rate_at(step, JULY_25_S + DAY_S + DAY_S / 2), 1250000);
	assert_int_equal(rate_at(step, JULY_25_S + 3 * DAY_S + 6 * HOUR_S), 1150000);
	assert_int_equal(rate_at(step, JULY_25_S + 4 * DAY_S), 300000);
	for (uint64_t second = JULY_25_S + DAY_S; second < JULY_25_S + 3 * DAY_S; second += 600) {
		uint64_t rate = rate_at(step, second);

		assert_true(rate >= before && rate <= 2000000);
		before = rate;
	}
	rules_free(rules);
}

/* The day of a leap year, and the zone of the document. */
static void test_dates_are_local(void **state)
{
	struct rules *rules = load("sluice: 1\nzone: \"+03:30\"\nrules:\n- id: a\n  then:\n"
				   "  - police: {rate: 2Mbit/s, burst: 100kB, count: l3}\n"
				   "    from: {2024-02-29T03:30: {rate: 1Mbit/s}}\n");
	const struct throttle *step = &rules_compiled(rules)->throttles[0];

	/* date -u -d 2024-02-29 +%s */
	assert_int_equal(rate_at(step, 1709164800 - 1), 2000000);
	assert_int_equal(rate_at(step, 1709164800), 1000000);
	rules_free(rules);
}

/* A ruleset with other dates is another one. */
static void test_content(void **state)
{
	static const char *const texts[] = {
		POLICE,
		POLICE "    between: 00:00-06:00 utc\n",
		POLICE "    between: 00:00-06:01 utc\n",
		POLICE DATES,
		POLICE DATES "    ramp: linear\n",
	};
	uint64_t seen[5];

	for (int i = 0; i < 5; i++) {
		struct rules *rules = load(texts[i]);

		seen[i] = rules_compiled(rules)->rules[0].content.whole;
		for (int before = 0; before < i; before++)
			assert_true(seen[before] != seen[i]);
		rules_free(rules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_changes_at_dates),
		cmocka_unit_test(test_ramp),
		cmocka_unit_test(test_dates_are_local),
		cmocka_unit_test(test_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
