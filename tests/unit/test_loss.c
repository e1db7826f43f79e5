/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/prng.h"
#include "dataplane/throttle/kinds.h"
#include "tests/unit/throttle_params.h"

enum { PACKETS = 200000, FLOWS = 2000 };
enum only { ONLY_ALL, ONLY_ACKS }; /* order of the words */

struct lossy {
	union throttle_params params;
	uint64_t state[THROTTLE_SHARED_BYTES / 8];
	uint64_t key, packets;
};

struct chances {
	double probability, p, r, good, bad; /* bad < 0: not said */
};

static uint64_t fraction(double probability)
{
	return probability == 1 ? UINT64_MAX : (uint64_t)ldexp(probability, 64);
}

static const char *set_up(struct lossy *lossy, struct chances chances, const char **word)
{
	memset(lossy, 0, sizeof(*lossy));
	params_default(&throttle_loss, &lossy->params);
	params_number(&throttle_loss, &lossy->params, "probability", fraction(chances.probability));
	params_number(&throttle_loss, &lossy->params, "p", fraction(chances.p));
	params_number(&throttle_loss, &lossy->params, "r", fraction(chances.r));
	params_number(&throttle_loss, &lossy->params, "good", fraction(chances.good));
	if (chances.bad >= 0)
		params_number(&throttle_loss, &lossy->params, "bad", fraction(chances.bad));
	return throttle_loss.prepare(&lossy->params, word);
}

static struct lossy lossy_of(struct chances chances)
{
	struct lossy lossy;
	const char *word;

	assert_null(set_up(&lossy, chances, &word));
	return lossy;
}

static bool is_lost(struct lossy *lossy, uint8_t direction, bool pure_ack)
{
	struct throttle_input input = {
		.key = lossy->key, .direction = direction, .pure_ack = pure_ack};

	input.flow_packets[0] = ++lossy->packets;
	return !params_pass(&throttle_loss, &lossy->params, lossy->state, &input);
}

/* Four deviations of a count of n independent draws. */
static void each_for_itself(void **state)
{
	static const double rows[] = {0.001, 0.02, 0.5, 0.999};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lossy lossy = lossy_of((struct chances){.probability = rows[i], .bad = -1});
		double lost = 0, both = 0, p = rows[i];
		bool before = false;

		for (uint64_t n = 0; n < PACKETS; n++) {
			bool now = is_lost(&lossy, n % 2, false);

			lost += now;
			both += now && before;
			before = now;
		}
		assert_true(fabs(lost - PACKETS * p) <= 4 * sqrt(PACKETS * p * (1 - p)));
		/* Neighbours: chance p^2; pairs overlap, so their count varies by
		 * n p^2 (1 - p^2) + 2 n p^3 (1 - p). */
		assert_true(
			fabs(both - PACKETS * p * p) <=
			4 * sqrt(PACKETS * (p * p * (1 - p * p) + 2 * p * p * p * (1 - p))) + 1);
	}
}

static void always(void **state)
{
	struct lossy lossy = lossy_of((struct chances){.probability = 1, .bad = -1});

	for (uint64_t n = 0; n < 1000; n++)
		assert_true(is_lost(&lossy, n % 2, n % 3));
}

/*
 * The chain is bad for the share b = p / (p + r) of packets. A count over n packets of a chain
 * whose neighbours correlate by 1 - p - r varies by n b (1 - b) (2 - p - r) / (p + r). Bursts end
 * with chance r: mean 1 / r, deviation sqrt(1 - r) / r, and there are n b r of them.
 */
static void bursts(void **state)
{
	static const struct {
		double p, r;
	} rows[] = {{0.01, 0.25}, {0.001, 0.1}, {0.3, 0.7}, {0.02, 1}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double p = rows[i].p, r = rows[i].r, share = p / (p + r), lost = 0, begun = 0;
		struct lossy lossy = lossy_of((struct chances){.p = p, .r = r, .bad = -1});
		bool before = false;

		for (uint64_t n = 0; n < PACKETS; n++) {
			bool now = is_lost(&lossy, DIRECTION_UP, false);

			lost += now;
			begun += now && !before;
			before = now;
		}
		assert_true(fabs(lost - PACKETS * share) <=
			    4 * sqrt(PACKETS * share * (1 - share) * (2 - p - r) / (p + r)));
		assert_true(fabs(lost / begun - 1 / r) <= 4 * sqrt((1 - r) / begun) / r + 1e-9);
	}
}

/* Chances in the two states: share * bad + (1 - share) * good. p + r = 1 makes packets independent,
 * so that the count is binomial. */
static void chances_of_the_states(void **state)
{
	struct lossy lossy =
		lossy_of((struct chances){.p = 0.25, .r = 0.75, .good = 0.1, .bad = 0.5});
	double chance = 0.25 * 0.5 + 0.75 * 0.1, lost = 0;

	for (uint64_t n = 0; n < PACKETS; n++)
		lost += is_lost(&lossy, n % 2, false);
	assert_true(fabs(lost - PACKETS * chance) <= 4 * sqrt(PACKETS * chance * (1 - chance)));
}

/* The first packet of a path is lost as often as any other. */
static void first_packets(void **state)
{
	double share = 0.01 / 0.05, lost = 0;

	for (uint64_t flow = 0; flow < FLOWS; flow++) {
		struct lossy lossy = lossy_of((struct chances){.p = 0.01, .r = 0.04, .bad = -1});

		lossy.key = prng_draw(9, flow);
		lost += is_lost(&lossy, DIRECTION_UP, false);
	}
	assert_true(fabs(lost - FLOWS * share) <= 4 * sqrt(FLOWS * share * (1 - share)));
}

static void only_what_was_asked_for(void **state)
{
	static const struct {
		uint8_t only, directions, direction;
		bool pure_ack, lost;
	} rows[] = {
		{ONLY_ALL, DIRECTIONS_BOTH, DIRECTION_UP, false, true},
		{ONLY_ALL, DIRECTIONS_BOTH, DIRECTION_DOWN, true, true},
		{ONLY_ALL, DIRECTIONS_UP, DIRECTION_DOWN, false, false},
		{ONLY_ALL, DIRECTIONS_UP, DIRECTION_UP, false, true},
		{ONLY_ACKS, DIRECTIONS_BOTH, DIRECTION_UP, false, false},
		{ONLY_ACKS, DIRECTIONS_BOTH, DIRECTION_UP, true, true},
		{ONLY_ACKS, DIRECTIONS_DOWN, DIRECTION_UP, true, false},
		{ONLY_ACKS, DIRECTIONS_DOWN, DIRECTION_DOWN, true, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lossy lossy = lossy_of((struct chances){.probability = 1, .bad = -1});

		params_choice(&throttle_loss, &lossy.params, "only", rows[i].only);
		params_choice(&throttle_loss, &lossy.params, "direction", rows[i].directions);
		assert_int_equal(
			is_lost(&lossy, rows[i].direction, rows[i].pure_ack), rows[i].lost);
	}
}

static void parameters(void **state)
{
	static const struct {
		struct chances chances;
		const char *word; /* NULL: right */
	} rows[] = {
		{{.probability = 0.1, .bad = -1}, NULL},
		{{.bad = -1}, "probability"},
		{{.probability = 0.1, .p = 0.1, .r = 0.1, .bad = -1}, "probability"},
		{{.p = 0.1, .bad = -1}, "r"},
		{{.r = 0.1, .bad = -1}, "p"},
		{{.p = 1, .r = 1, .bad = -1}, NULL},
		{{.p = 0.1, .r = 0.1, .good = 0.5, .bad = 0.4}, "bad"},
		{{.p = 0.1, .r = 0.1, .good = 0.5, .bad = 0.5}, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lossy lossy;
		const char *word = "";
		const char *wrong = set_up(&lossy, rows[i].chances, &word);

		assert_int_equal(!wrong, !rows[i].word);
		if (wrong)
			assert_string_equal(word, rows[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_for_itself),
		cmocka_unit_test(always),
		cmocka_unit_test(bursts),
		cmocka_unit_test(chances_of_the_states),
		cmocka_unit_test(first_packets),
		cmocka_unit_test(only_what_was_asked_for),
		cmocka_unit_test(parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
