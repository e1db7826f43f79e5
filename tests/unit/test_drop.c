/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/prng.h"
#include "dataplane/throttle/kinds.h"
#include "tests/unit/throttle_params.h"

enum draw_word { PER_PACKET, PER_FLOW }; /* order of the words of `per` */

static uint64_t fraction(double probability)
{
	return probability == 1 ? UINT64_MAX : (uint64_t)ldexp(probability, 64);
}

static union throttle_params drop_params(
	uint64_t after, uint8_t directions, double probability, enum draw_word per)
{
	union throttle_params params;
	const char *word;

	params_default(&throttle_drop, &params);
	params_number(&throttle_drop, &params, "after", after);
	params_choice(&throttle_drop, &params, "direction", directions);
	params_number(&throttle_drop, &params, "probability", fraction(probability));
	params_choice(&throttle_drop, &params, "per", per);
	assert_null(throttle_drop.prepare(&params, &word));
	return params;
}

/* Packet `number` of a flow that was decided by its first packet. */
static bool passes(
	const union throttle_params *params, uint64_t number, uint8_t direction, uint64_t key)
{
	struct throttle_input input = {
		.key = key,
		.direction = direction,
		.packets_since_decision = number,
	};

	input.flow_packets[direction] = number;
	return params_pass(&throttle_drop, params, NULL, &input);
}

static void defaults_drop_everything(void **state)
{
	union throttle_params params;
	const char *word;

	params_default(&throttle_drop, &params);
	assert_null(throttle_drop.prepare(&params, &word));
	for (uint64_t number = 1; number < 1000; number++)
		assert_false(passes(&params, number, number % 2, prng_draw(number, 0)));
}

static void some_pass_first(void **state)
{
	static const struct {
		uint64_t after, number;
		bool passes;
	} rows[] = {
		{0, 1, false},
		{1, 1, true},
		{1, 2, false},
		{3, 3, true},
		{3, 4, false},
		{3, UINT64_MAX, false},
		{UINT64_MAX, UINT64_MAX, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		union throttle_params params =
			drop_params(rows[i].after, DIRECTIONS_BOTH, 1, PER_PACKET);

		assert_int_equal(passes(&params, rows[i].number, DIRECTION_UP, 1), rows[i].passes);
	}
}

/* It is the decision that counts from, not the flow's beginning. */
static void after_counts_from_the_decision(void **state)
{
	union throttle_params params = drop_params(2, DIRECTIONS_BOTH, 1, PER_PACKET);
	struct throttle_input input = {.flow_packets = {50, 50}, .packets_since_decision = 2};

	assert_true(params_pass(&throttle_drop, &params, NULL, &input));
	input.packets_since_decision = 3;
	assert_false(params_pass(&throttle_drop, &params, NULL, &input));
}

static void only_the_directions_named(void **state)
{
	static const struct {
		uint8_t directions;
		bool up_passes, down_passes;
	} rows[] = {
		{DIRECTIONS_UP, false, true},
		{DIRECTIONS_DOWN, true, false},
		{DIRECTIONS_BOTH, false, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		union throttle_params params = drop_params(0, rows[i].directions, 1, PER_PACKET);

		assert_int_equal(passes(&params, 9, DIRECTION_UP, 1), rows[i].up_passes);
		assert_int_equal(passes(&params, 9, DIRECTION_DOWN, 1), rows[i].down_passes);
	}
}

/* Binomial: n p hits, give or take 3 sqrt(n p (1 - p)). */
static void assert_share(uint64_t hits, uint64_t n, double probability)
{
	double sigma = sqrt(n * probability * (1 - probability));

	if (fabs(hits - n * probability) > 3 * sigma)
		fail_msg("%lu of %lu at %g", (unsigned long)hits, (unsigned long)n, probability);
}

static const double probabilities[] = {0.001, 0.1, 0.5, 0.9, 0.999};

static void chance_for_each_packet(void **state)
{
	for (size_t i = 0; i < sizeof(probabilities) / sizeof(probabilities[0]); i++) {
		union throttle_params params =
			drop_params(0, DIRECTIONS_BOTH, probabilities[i], PER_PACKET);

		for (uint64_t key = 0; key < 4; key++) {
			uint64_t dropped = 0;

			for (uint64_t n = 1; n <= 100000; n++)
				dropped += !passes(&params, n, n % 2, prng_draw(key, 5));
			assert_share(dropped, 100000, probabilities[i]);
		}
	}
}

static void chance_once_for_a_flow(void **state)
{
	for (size_t i = 0; i < sizeof(probabilities) / sizeof(probabilities[0]); i++) {
		union throttle_params params =
			drop_params(0, DIRECTIONS_BOTH, probabilities[i], PER_FLOW);
		uint64_t dropped = 0;

		for (uint64_t key = 0; key < 100000; key++) {
			bool first = passes(&params, 1, DIRECTION_UP, prng_draw(key, 5));

			for (uint64_t n = 2; n < 6; n++)
				assert_int_equal(
					passes(&params, n, n % 2, prng_draw(key, 5)), first);
			dropped += !first;
		}
		assert_share(dropped, 100000, probabilities[i]);
	}
}

static void a_probability_of_nothing_is_refused(void **state)
{
	union throttle_params params;
	const char *word = NULL;

	params_default(&throttle_drop, &params);
	params_number(&throttle_drop, &params, "probability", 0);
	assert_non_null(throttle_drop.prepare(&params, &word));
	assert_string_equal(word, "probability");
	params_number(&throttle_drop, &params, "probability", 1);
	assert_null(throttle_drop.prepare(&params, &word));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_drop_everything),
		cmocka_unit_test(some_pass_first),
		cmocka_unit_test(after_counts_from_the_decision),
		cmocka_unit_test(only_the_directions_named),
		cmocka_unit_test(chance_for_each_packet),
		cmocka_unit_test(chance_once_for_a_flow),
		cmocka_unit_test(a_probability_of_nothing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
