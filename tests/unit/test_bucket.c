/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets are found again from what they let pass, and are not found where there was none. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/measure/bucket.h"
#include "dataplane/prng.h"

enum { ROWS = 3000, PACKET = 1500 };

static struct arrival rows[ROWS];

/* Packets in trains of 1 to 20 at 100 Mbit/s, on average at `offered` bit/s. */
static struct arrivals offer(double offered, uint64_t seed)
{
	uint64_t now = 0, begin = 0;
	double sent = 0;

	for (int i = 0; i < ROWS;) {
		uint64_t train = 1 + prng_draw(seed, i) % 20;

		for (; train && i < ROWS; train--, i++) {
			rows[i] = (struct arrival){.time_ns = now, .bytes = PACKET};
			now += 120000;
			sent += PACKET;
		}
		begin = (uint64_t)(sent * 8e9 / offered);
		now = begin > now ? begin : now;
	}
	return (struct arrivals){rows, ROWS, PACKET};
}

/* RFC 2697 with one bucket: bytes, bit/s. */
static size_t police(double rate, double burst)
{
	double level = burst;
	size_t lost = 0;

	for (int i = 0; i < ROWS; i++) {
		if (i)
			level += (double)(rows[i].time_ns - rows[i - 1].time_ns) * rate / 8e9;
		level = level > burst ? burst : level;
		rows[i].lost = level < PACKET;
		level -= rows[i].lost ? 0 : PACKET;
		lost += rows[i].lost;
	}
	return lost;
}

static void found_again(void **state)
{
	static const struct {
		double rate, burst, offered;
	} table[] = {{140e3, 17500, 200e3}, {1.5e6, 100000, 2e6}, {1.5e6, 30000, 1.6e6},
		{10e6, 200000, 14e6}, {50e6, 1000000, 80e6}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct arrivals arrivals = offer(table[i].offered, i + 1);
		struct bucket bucket;
		struct bucket_account account;
		double rate[2], burst[2];

		assert_true(police(table[i].rate, table[i].burst) > 15);
		assert_true(bucket_fit(&arrivals, true, 5, &bucket));
		account = bucket_walk(&arrivals, &bucket, true, NULL);
		print_message("%.0f bit/s %.0f B: %.0f, %.0f\n", table[i].rate, table[i].burst,
			bucket.rate * 8, bucket.burst);
		assert_true(fabs(bucket.rate * 8 / table[i].rate - 1) < 0.01);
		assert_true(fabs(bucket.burst / table[i].burst - 1) < 0.1);
		assert_true(account.log_likelihood > 0.6 * bucket_chance(&arrivals));
		bucket_intervals(&arrivals, &bucket, true, rate, burst);
		assert_true(rate[0] * 8 < table[i].rate * 1.002);
		assert_true(rate[1] * 8 > table[i].rate * 0.998);
	}
}

/* A likelihood not above that of chance means that nothing is explained. */
static void chance_is_not_a_bucket(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct arrivals arrivals = offer(2e6, seed);
		struct bucket bucket;

		for (int i = 0; i < ROWS; i++)
			rows[i].lost = prng_draw(seed + 100, i) % 100 < seed;
		assert_true(bucket_fit(&arrivals, true, 5, &bucket));
		assert_true(bucket_walk(&arrivals, &bucket, true, NULL).log_likelihood <
			    bucket_chance(&arrivals));
	}
}

/* Entropy by hand: 8 outcomes after the first loss, L P L P L P L P L: each is what the one before
 * says, so nothing is left to chance; with two losses in a row once, one of three is not. */
static void chance_by_hand(void **state)
{
	struct arrival few[9] = {{0}};
	struct arrivals arrivals = {few, 9, PACKET};

	for (int i = 0; i < 9; i++)
		few[i] = (struct arrival){.time_ns = i, .bytes = PACKET, .lost = i % 2 == 0};
	assert_true(fabs(bucket_chance(&arrivals)) < 1e-9);
	few[1].lost = true;
	/* After losses: 1 loss, 4 passes. After passes: 3 losses, of L L L P L P L P L. */
	assert_true(fabs(bucket_chance(&arrivals) - (2 * log(2.0 / 5) + 3 * log(3.0 / 5))) < 1e-9);
}

static void nothing_to_fit(void **state)
{
	struct arrivals arrivals = offer(1e6, 1);
	struct bucket bucket;

	assert_false(bucket_fit(&arrivals, true, 1, &bucket));
	rows[10].lost = rows[11].lost = true;
	assert_false(bucket_fit(&arrivals, true, 1, &bucket));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_again),
		cmocka_unit_test(chance_is_not_a_bucket),
		cmocka_unit_test(chance_by_hand),
		cmocka_unit_test(nothing_to_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
