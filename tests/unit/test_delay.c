/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/throttle/kinds.h"
#include "tests/unit/throttle_params.h"

#define SECOND_NS (1000ull * 1000 * 1000)
#define MS_NS     (1000ull * 1000)
#define NOT_SAID  UINT64_MAX

enum distribution { CONSTANT, UNIFORM, NORMAL, PARETO }; /* order of the words */
enum { PACKETS = 100000 };

struct delayer {
	union throttle_params params;
	uint64_t state[THROTTLE_STATE_BYTES / 8];
	uint64_t packets[2];
};

struct amounts {
	uint64_t time, min, max, mean, deviation, alpha; /* 0: not said */
};

static void set_amount(struct delayer *delayer, const char *word, uint64_t amount)
{
	if (amount)
		params_number(
			&throttle_delay, &delayer->params, word, amount == NOT_SAID ? 0 : amount);
}

static const char *set_up(struct delayer *delayer, enum distribution distribution,
	struct amounts amounts, bool reorder, const char **word)
{
	memset(delayer, 0, sizeof(*delayer));
	params_default(&throttle_delay, &delayer->params);
	params_choice(&throttle_delay, &delayer->params, "distribution", distribution);
	params_choice(&throttle_delay, &delayer->params, "reorder", reorder);
	set_amount(delayer, "time", amounts.time);
	set_amount(delayer, "min", amounts.min);
	set_amount(delayer, "max", amounts.max);
	set_amount(delayer, "mean", amounts.mean);
	set_amount(delayer, "deviation", amounts.deviation);
	set_amount(delayer, "alpha", amounts.alpha);
	return throttle_delay.prepare(&delayer->params, word);
}

static struct delayer delayer_of(
	enum distribution distribution, struct amounts amounts, bool reorder)
{
	struct delayer delayer;
	const char *word;

	assert_null(set_up(&delayer, distribution, amounts, reorder, &word));
	return delayer;
}

/* When the next packet leaves. */
static uint64_t leaves(struct delayer *delayer, uint64_t now_ns, uint8_t direction)
{
	struct throttle_input input = {.now_ns = now_ns, .key = 42, .direction = direction};
	uint64_t leaves_ns = now_ns;

	delayer->packets[direction]++;
	memcpy(input.flow_packets, delayer->packets, sizeof(input.flow_packets));
	assert_int_equal(throttle_delay.apply(&delayer->params, delayer->state, &input, &leaves_ns),
		DROP_NONE);
	return leaves_ns;
}

static void constant(void **state)
{
	struct delayer delayer = delayer_of(CONSTANT, (struct amounts){.time = 50 * MS_NS}, false);

	for (uint64_t n = 0; n < 1000; n++)
		assert_int_equal(leaves(&delayer, n * 7, n % 2), n * 7 + 50 * MS_NS);
}

static void one_direction(void **state)
{
	struct delayer delayer = delayer_of(CONSTANT, (struct amounts){.time = MS_NS}, false);

	params_choice(&throttle_delay, &delayer.params, "direction", DIRECTIONS_DOWN);
	assert_int_equal(leaves(&delayer, 5, DIRECTION_UP), 5);
	assert_int_equal(leaves(&delayer, 5, DIRECTION_DOWN), MS_NS + 5);
}

/* All come at once, so that what leaves is the running maximum of the draws: in order, each as late
 * as one of the draws so far. With `reorder` each leaves as drawn. */
static void order_is_kept_unless_told(void **state)
{
	struct amounts amounts = {.min = MS_NS, .max = 100 * MS_NS};
	struct delayer kept = delayer_of(UNIFORM, amounts, false);
	struct delayer any = delayer_of(UNIFORM, amounts, true);
	uint64_t most[2] = {0}, overtakes = 0;

	for (uint64_t n = 0; n < 1000; n++) {
		uint64_t drawn = leaves(&any, 0, n % 2), found = leaves(&kept, 0, n % 2);

		overtakes += drawn < most[n % 2];
		most[n % 2] = drawn > most[n % 2] ? drawn : most[n % 2];
		assert_int_equal(found, most[n % 2]);
		assert_in_range(drawn, MS_NS, 100 * MS_NS);
	}
	assert_true(overtakes > 500);
}

struct moments {
	double mean, deviation;
	uint64_t least, most;
};

static struct moments measure(enum distribution distribution, struct amounts amounts)
{
	struct delayer delayer = delayer_of(distribution, amounts, true);
	struct moments moments = {.least = UINT64_MAX};
	double sum = 0, squares = 0;

	for (uint64_t n = 0; n < PACKETS; n++) {
		uint64_t ns = leaves(&delayer, 1000, n % 2) - 1000;

		sum += (double)ns;
		squares += (double)ns * (double)ns;
		moments.least = ns < moments.least ? ns : moments.least;
		moments.most = ns > moments.most ? ns : moments.most;
	}
	moments.mean = sum / PACKETS;
	moments.deviation = sqrt(squares / PACKETS - moments.mean * moments.mean);
	return moments;
}

/* Four standard errors: of the mean deviation / sqrt(n), of the deviation about as much. */
static void check(struct moments found, double mean, double deviation)
{
	assert_true(fabs(found.mean - mean) <= 4 * deviation / sqrt(PACKETS));
	assert_true(fabs(found.deviation - deviation) <= 4 * deviation / sqrt(PACKETS));
}

/* Mean (min + max) / 2, deviation (max - min) / sqrt(12). */
static void uniform(void **state)
{
	struct moments found =
		measure(UNIFORM, (struct amounts){.min = 20 * MS_NS, .max = 80 * MS_NS});

	check(found, 50e6, 60e6 / sqrt(12));
	assert_in_range(found.least, 20 * MS_NS, 20 * MS_NS + 60 * MS_NS / 1000);
	assert_in_range(found.most, 80 * MS_NS - 60 * MS_NS / 1000, 80 * MS_NS);
}

static void normal(void **state)
{
	struct amounts amounts = {.mean = 100 * MS_NS, .deviation = 10 * MS_NS};

	check(measure(NORMAL, amounts), 100e6, 10e6);
}

/* Cut to [mean, ...]: half of the draws are the mean, and the mean of the others' excess is
 * deviation * sqrt(2 / pi), so the mean is mean + deviation / sqrt(2 pi); the variance is
 * deviation^2 (1 / 2 - 1 / (2 pi)). */
static void normal_is_cut(void **state)
{
	struct amounts amounts = {.mean = 100 * MS_NS, .deviation = 10 * MS_NS, .min = 100 * MS_NS};
	struct moments found = measure(NORMAL, amounts);

	check(found, 100e6 + 10e6 / sqrt(2 * M_PI), 10e6 * sqrt(0.5 - 0.5 / M_PI));
	assert_int_equal(found.least, 100 * MS_NS);
	amounts.max = 101 * MS_NS;
	assert_int_equal(measure(NORMAL, amounts).most, 101 * MS_NS);
}

/* alpha 3: mean 3 / 2 min, variance 3 / 4 min^2 (alpha / ((alpha - 1)^2 (alpha - 2))). Its fourth
 * moment is infinite, so only the mean is compared, and the tail: P(> 2 min) = 1 / 8. */
static void pareto(void **state)
{
	struct amounts amounts = {.min = 10 * MS_NS, .alpha = 3 * SECOND_NS};
	struct moments found = measure(PARETO, amounts);
	struct delayer delayer = delayer_of(PARETO, amounts, true);
	double above = 0;

	assert_true(fabs(found.mean - 15e6) <= 4 * 10e6 * sqrt(0.75) / sqrt(PACKETS));
	assert_in_range(found.least, 10 * MS_NS, 10 * MS_NS + 1000);
	for (uint64_t n = 0; n < PACKETS; n++)
		above += leaves(&delayer, 0, 0) > 20 * MS_NS;
	assert_true(fabs(above - PACKETS / 8.0) <= 4 * sqrt(PACKETS / 8.0 * 7 / 8));
	amounts.max = 20 * MS_NS;
	assert_int_equal(measure(PARETO, amounts).most, 20 * MS_NS);
}

static void parameters(void **state)
{
	static const struct {
		enum distribution distribution;
		struct amounts amounts;
		const char *word; /* NULL: right */
	} rows[] = {
		{CONSTANT, {.time = 1}, NULL},
		{CONSTANT, {0}, "time"},
		{CONSTANT, {.time = NOT_SAID}, "time"}, /* 0 */
		{CONSTANT, {.time = 3600 * SECOND_NS}, NULL},
		{CONSTANT, {.time = 3600 * SECOND_NS + 1}, "time"},
		{CONSTANT, {.time = 1, .max = 2}, "max"},
		{UNIFORM, {.max = 2}, NULL},
		{UNIFORM, {.min = 2}, "max"},
		{UNIFORM, {.min = 3, .max = 2}, "max"},
		{UNIFORM, {.min = 2, .max = 2}, NULL},
		{UNIFORM, {.max = 2, .mean = 1}, "mean"},
		{NORMAL, {.mean = 2, .deviation = 1}, NULL},
		{NORMAL, {.mean = 2}, "deviation"},
		{NORMAL, {.deviation = 2}, "mean"},
		{NORMAL, {.mean = 2, .deviation = 1, .alpha = SECOND_NS}, "alpha"},
		{PARETO, {.min = 2, .alpha = SECOND_NS}, NULL},
		{PARETO, {.min = 2}, "alpha"},
		{PARETO, {.min = NOT_SAID, .alpha = SECOND_NS}, "min"},
		{PARETO, {.min = 2, .alpha = SECOND_NS / 100 - 1}, "alpha"},
		{PARETO, {.min = 2, .alpha = 1000 * SECOND_NS + 1}, "alpha"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct delayer delayer;
		const char *word = "";
		const char *wrong =
			set_up(&delayer, rows[i].distribution, rows[i].amounts, false, &word);

		assert_int_equal(!wrong, !rows[i].word);
		if (wrong)
			assert_string_equal(word, rows[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant),
		cmocka_unit_test(one_direction),
		cmocka_unit_test(order_is_kept_unless_told),
		cmocka_unit_test(uniform),
		cmocka_unit_test(normal),
		cmocka_unit_test(normal_is_cut),
		cmocka_unit_test(pareto),
		cmocka_unit_test(parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
