/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The token bucket in virtual time. Everything is compared in exact integers: the unit of `units`
 * is 1e-9 bit, so that bytes * 8e9 and rate * nanoseconds add up without rounding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/prng.h"
#include "dataplane/throttle/kinds.h"
#include "tests/unit/throttle_params.h"

typedef __int128 units;

#define SECOND_NS (1000ull * 1000 * 1000)
#define YEAR_NS   (365ull * 24 * 3600 * SECOND_NS)

static units units_of(uint64_t bytes)
{
	return (units)bytes * 8 * SECOND_NS;
}

struct bucket {
	union throttle_params params;
	uint64_t state[THROTTLE_STATE_BYTES / 8];
};

static const char *set_up(
	struct bucket *bucket, uint64_t rate, uint64_t burst, enum count_layer count)
{
	const char *word;

	memset(bucket, 0, sizeof(*bucket));
	params_default(&throttle_police, &bucket->params);
	params_number(&throttle_police, &bucket->params, "rate", rate);
	params_number(&throttle_police, &bucket->params, "burst", burst);
	params_choice(&throttle_police, &bucket->params, "count", count);
	return throttle_police.prepare(&bucket->params, &word);
}

static bool offer(struct bucket *bucket, uint64_t now_ns, uint32_t bytes)
{
	struct throttle_input input = {.now_ns = now_ns, .bytes = {bytes, bytes, bytes}};

	return params_pass(&throttle_police, &bucket->params, bucket->state, &input);
}

static const struct rate_row {
	uint64_t rate, burst;
	uint32_t bytes;
} rates[] = {
	{8000, 1500, 100},
	{140000, 17500, 1500},
	{1500000, 64000, 1460},
	{10000000000, 1000000, 1500},
	{40000000000, 5000000, 1500},
	{400000000000, 1000000000, 9000},
};

enum { PACKETS = 100000, PHASES = 4 };

/* Packets at twice the rate or more: the next one comes before half of a packet has drained. */
static uint64_t next_gap(const struct rate_row *row, uint64_t n)
{
	uint64_t packet_ns = (uint64_t)row->bytes * 8 * SECOND_NS / row->rate;

	return prng_draw(7, n) % (packet_ns / 2);
}

/*
 * Every window: what is delivered from time t1 to t2, both included, is at most burst + rate *
 * (t2 - t1). With `before` = delivered before t1 and level(t) = delivered - rate * t, the window's
 * excess is level at t2 less the level just before t1, so one minimum is enough for all windows.
 *
 * Between the idle gaps of 60 s the offer always exceeds the rate, so no token is ever lost: of
 * burst + rate * T all is delivered but less than one packet.
 */
static void check_rate(const struct rate_row *row, uint64_t start_ns)
{
	uint64_t now_ns = start_ns, delivered = 0, n = 0;
	units least = 0;
	struct bucket bucket;

	assert_null(set_up(&bucket, row->rate, row->burst, COUNT_L3));
	assert_true(units_of(row->burst) <= (units)row->rate * 60 * SECOND_NS);
	for (int phase = 0; phase < PHASES; phase++) {
		uint64_t phase_ns = now_ns, before = delivered;
		units earned;

		for (int i = 0; i < PACKETS; i++, n++) {
			units level;

			if (i)
				now_ns += next_gap(row, n);
			level = units_of(delivered) - (units)row->rate * (now_ns - start_ns);
			least = n == 0 || level < least ? level : least;
			if (offer(&bucket, now_ns, row->bytes))
				delivered += row->bytes;
			level = units_of(delivered) - (units)row->rate * (now_ns - start_ns);
			assert_true(level - least <= units_of(row->burst));
		}
		earned = units_of(row->burst) + (units)row->rate * (now_ns - phase_ns);
		assert_true(units_of(delivered - before) <= earned);
		if (units_of((uint64_t)PACKETS * row->bytes) > earned)
			assert_true(units_of(delivered - before + row->bytes) > earned);
		else
			assert_int_equal(delivered - before, (uint64_t)PACKETS * row->bytes);
		now_ns += 60 * SECOND_NS;
	}
}

static void no_window_exceeds_and_nothing_is_lost(void **state)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		check_rate(&rates[i], 0);
		check_rate(&rates[i], 1790000000 * SECOND_NS + 1);
	}
}

/* Without gaps for a long time: 140 kbit/s for a day, a packet of 1500 bytes each 40 ms. 86400 s *
 * 17500 B/s = 1,512,000,000 bytes and the burst. */
static void long_run_is_the_rate(void **state)
{
	uint64_t delivered = 0, earned;
	struct bucket bucket;

	assert_null(set_up(&bucket, 140000, 17500, COUNT_L3));
	for (uint64_t n = 0; n <= 86400 * 25; n++)
		delivered += offer(&bucket, n * 40 * SECOND_NS / 1000, 1500) ? 1500 : 0;
	earned = 86400ull * 17500 + 17500;
	assert_true(delivered <= earned);
	assert_true(delivered > earned - 1500);
}

/* A zeroed state holds exactly `burst`, whatever the time. */
static void zeroed_state_is_a_full_bucket(void **state)
{
	static const uint64_t times[] = {0, 1, SECOND_NS, 1790000000 * SECOND_NS, UINT64_MAX};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct bucket bucket;

		assert_null(set_up(&bucket, 140000, 17500, COUNT_L3));
		for (int n = 0; n < 11; n++)
			assert_true(offer(&bucket, times[i], 1500)); /* 16500 */
		assert_false(offer(&bucket, times[i], 1001));
		assert_true(offer(&bucket, times[i], 1000)); /* 17500 */
		assert_false(offer(&bucket, times[i], 1));
		assert_true(offer(&bucket, times[i], 0));
	}
}

/* An emptied bucket `gap_ns` later holds `holds` bytes: min(burst, rate * gap / 8e9), rounded down
 * to whole bytes. */
static void refill(void **state)
{
	static const struct {
		uint64_t rate, burst, gap_ns;
		uint32_t holds;
	} rows[] = {
		{8000, 1500, 0, 0},
		{8000, 1500, 999999, 0},
		{8000, 1500, 1000000, 1}, /* a byte a millisecond */
		{8000, 1500, 1499 * 1000000ull, 1499},
		{8000, 1500, 1500 * 1000000ull - 1, 1499},
		{8000, 1500, 1500 * 1000000ull, 1500},
		{8000, 1500, 60 * SECOND_NS, 1500},
		/* 12000 bit / 7 bit/s = 1714.285714285714... s */
		{7, 1500, 1714285714285ull, 1499},
		{7, 1500, 1714285714286ull, 1500},
		{7, 1500, YEAR_NS, 1500},
		{1, 1000000000, SECOND_NS * 8, 1},
		{1, 1000000000, 8000000000ull * SECOND_NS - 1, 999999999},
		{1, 1000000000, 8000000000ull * SECOND_NS, 1000000000},
		/* 50 bytes a nanosecond: 20 ms for all of it */
		{400000000000, 1000000000, 1, 50},
		{400000000000, 1000000000, 20 * 1000000 - 1, 999999950},
		{400000000000, 1000000000, 20 * 1000000, 1000000000},
		{400000000000, 1000000000, YEAR_NS * 200, 1000000000},
		{40000000000, 1500, 299, 1495}, /* 5 bytes a nanosecond */
		{40000000000, 1500, 300, 1500},
		{40000000000, 1500, 500 * 1000000, 1500},
		{40000000000, 1500, YEAR_NS, 1500},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t start = 0; start <= 300 * YEAR_NS; start += 150 * YEAR_NS) {
			uint64_t then = start + rows[i].gap_ns;
			struct bucket bucket;

			assert_null(set_up(&bucket, rows[i].rate, rows[i].burst, COUNT_L3));
			assert_true(offer(&bucket, start, (uint32_t)rows[i].burst));
			assert_false(offer(&bucket, then, rows[i].holds + 1));
			assert_true(offer(&bucket, then, rows[i].holds));
			assert_false(offer(&bucket, then, 1));
		}
	}
}

/* What was asked for in vain costs nothing: half a byte earned twice is a byte. */
static void refused_packets_take_nothing(void **state)
{
	struct bucket bucket;

	assert_null(set_up(&bucket, 8000, 1500, COUNT_L3));
	assert_true(offer(&bucket, 0, 1500));
	for (uint64_t n = 1; n < 1500; n++)
		assert_false(offer(&bucket, n * 1000000 - 500000, 1500));
	assert_true(offer(&bucket, 1500 * 1000000ull, 1500));
}

/* Larger than any bucket, whatever the length times 8e9 is modulo 2^64: 2305843010 * 8e9 is 2^64 +
 * 6.3e9. Captures may claim such lengths. */
static void giant_packets_do_not_conform(void **state)
{
	static const uint32_t giants[] = {
		1000000001, 2305843009, 2305843010, 3000000000u, UINT32_MAX};
	struct bucket bucket;

	assert_null(set_up(&bucket, 400000000000, 1000000000, COUNT_L3));
	for (size_t i = 0; i < sizeof(giants) / sizeof(giants[0]); i++)
		assert_false(offer(&bucket, i, giants[i]));
	assert_true(offer(&bucket, 9, 1000000000));
	assert_false(offer(&bucket, 9, 1));
}

static void bytes_are_those_of_the_layer(void **state)
{
	/* A full-sized segment: 1460 bytes, 40 of headers, 18 of Ethernet with FCS. */
	struct throttle_input input = {.bytes = {1518, 1500, 1460}};
	static const uint64_t bursts[COUNT_LAYERS] = {2 * 1518, 2 * 1500, 2 * 1460};

	for (int count = COUNT_L2; count < COUNT_LAYERS; count++) {
		for (int less = 0; less <= 1; less++) {
			struct bucket bucket;

			assert_null(set_up(&bucket, 8000, bursts[count] - less, count));
			assert_true(params_pass(
				&throttle_police, &bucket.params, bucket.state, &input));
			assert_int_equal(
				params_pass(&throttle_police, &bucket.params, bucket.state, &input),
				!less);
		}
	}
}

static void bursts_that_are_refused(void **state)
{
	static const struct {
		uint64_t burst;
		enum count_layer count;
		const char *error; /* its beginning */
	} rows[] = {
		{1517, COUNT_L2, "is smaller than one full packet"},
		{1518, COUNT_L2, NULL},
		{1499, COUNT_L3, "is smaller than one full packet"},
		{1500, COUNT_L3, NULL},
		{1459, COUNT_PAYLOAD, "is smaller than one full packet"},
		{1460, COUNT_PAYLOAD, NULL},
		{0, COUNT_L3, "is smaller than one full packet"},
		{1000000000, COUNT_L3, NULL},
		{1000000001, COUNT_L3, "is too large"},
		{UINT64_MAX, COUNT_L3, "is too large"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bucket bucket;
		const char *error = set_up(&bucket, 140000, rows[i].burst, rows[i].count);

		assert_int_equal(!!error, !!rows[i].error);
		if (error)
			assert_memory_equal(error, rows[i].error, strlen(rows[i].error));
	}
}

/* Pseudo-random sizes and gaps against the same bucket in 128-bit arithmetic, which cannot
 * overflow and needs no clamp. */
static void agrees_with_wide_arithmetic(void **state)
{
	for (uint64_t run = 0; run < 200; run++) {
		uint64_t rate = 1 + prng_draw(run, 1) % (1ull << prng_draw(run, 2) % 38);
		uint64_t burst = 1500 + prng_draw(run, 3) % (1ull << prng_draw(run, 4) % 29);
		uint64_t now_ns = prng_draw(run, 5) % YEAR_NS;
		units held = units_of(burst), need;
		struct bucket bucket;

		assert_null(set_up(&bucket, rate, burst, COUNT_L3));
		for (uint64_t n = 10; n < 1010; n++) {
			uint64_t gap_ns = prng_draw(run, n) % (1ull << prng_draw(run, n * 2) % 60);
			uint32_t bytes = prng_draw(run, n * 3) % (burst + 2);

			now_ns += gap_ns;
			held += (units)rate * gap_ns;
			held = held > units_of(burst) || n == 10 ? units_of(burst) : held;
			need = units_of(bytes);
			assert_int_equal(offer(&bucket, now_ns, bytes), held >= need);
			held -= held >= need ? need : 0;
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_window_exceeds_and_nothing_is_lost),
		cmocka_unit_test(long_run_is_the_rate),
		cmocka_unit_test(zeroed_state_is_a_full_bucket),
		cmocka_unit_test(refill),
		cmocka_unit_test(refused_packets_take_nothing),
		cmocka_unit_test(giant_packets_do_not_conform),
		cmocka_unit_test(bytes_are_those_of_the_layer),
		cmocka_unit_test(bursts_that_are_refused),
		cmocka_unit_test(agrees_with_wide_arithmetic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
