/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queue in virtual time, against a queue that is played packet by packet. Its clock counts in
 * 1e-9 bit: nanoseconds times the rate, so that tokens, bytes and time add up without rounding.
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
#define MS_NS     (1000ull * 1000)
#define START_NS  (1790000000 * SECOND_NS + 1)

struct shaper {
	union throttle_params params;
	uint64_t state[THROTTLE_SHARED_BYTES / 8];
};

static const char *set_up(struct shaper *shaper, uint64_t rate, uint64_t burst,
	struct throttle_queue queue, enum count_layer count, const char **word)
{
	memset(shaper, 0, sizeof(*shaper));
	params_default(&throttle_shape, &shaper->params);
	params_number(&throttle_shape, &shaper->params, "rate", rate);
	params_number(&throttle_shape, &shaper->params, "burst", burst);
	params_set(&throttle_shape, &shaper->params, "queue", &queue, sizeof(queue));
	params_choice(&throttle_shape, &shaper->params, "count", count);
	return throttle_shape.prepare(&shaper->params, word);
}

static struct shaper shaper_of(uint64_t rate, uint64_t burst, struct throttle_queue queue)
{
	struct shaper shaper;
	const char *word;

	assert_null(set_up(&shaper, rate, burst, queue, COUNT_L3, &word));
	return shaper;
}

static enum drop_reason offer(
	struct shaper *shaper, uint64_t now_ns, uint32_t bytes, uint64_t *leaves_ns)
{
	struct throttle_input input = {.now_ns = now_ns, .bytes = {bytes, bytes, bytes}};

	*leaves_ns = now_ns;
	return throttle_shape.apply(&shaper->params, shaper->state, &input, leaves_ns);
}

/* A first-in-first-out queue behind a bucket: the head leaves when there are tokens for all of it.
 */
struct reference {
	units tokens, clock; /* tokens when the last packet left, at `clock` */
};

static units units_of(uint64_t bytes)
{
	return (units)bytes * 8 * SECOND_NS;
}

/* When the packet leaves, in units of the clock. */
static units leaves(struct reference *reference, units arrival, uint64_t burst, uint64_t bytes)
{
	units at = arrival > reference->clock ? arrival : reference->clock;
	units tokens = reference->tokens + at - reference->clock;
	units missing;

	if (tokens > units_of(burst))
		tokens = units_of(burst);
	missing = units_of(bytes) - tokens;
	if (missing > 0) {
		at += missing;
		tokens += missing;
	}
	*reference = (struct reference){tokens - units_of(bytes), at};
	return at;
}

static const struct rate_row {
	uint64_t rate, burst;
	uint32_t bytes;
} rates[] = {
	{8000, 1500, 100},
	{140000, 17500, 1500},
	{1500000, 1500, 1460},
	{7654321, 30000, 1500},
	{10000000000, 1000000, 1500},
	{40000000000, 500000, 1500},
	{400000000000, 9000000, 9000},
};

enum { PACKETS = 200000 };

/* Sizes from 1 to the row's, gaps around the rate, now and then a long silence. */
static uint64_t next_gap_ns(const struct rate_row *row, uint64_t n)
{
	uint64_t draw = prng_draw(11, n);
	uint64_t packet_ns = (uint64_t)row->bytes * 8 * SECOND_NS / row->rate;

	return n % 50000 == 49999 ? 3600 * SECOND_NS : draw % (packet_ns + 1);
}

static void equal_to_a_queue_played_packet_by_packet(void **state)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		const struct rate_row *row = &rates[i];
		struct shaper shaper =
			shaper_of(row->rate, row->burst, (struct throttle_queue){1000000000, 0});
		struct reference reference = {.tokens = units_of(row->burst)};
		uint64_t now_ns = START_NS, waited = 0;

		for (uint64_t n = 0; n < PACKETS; n++) {
			uint32_t bytes = 1 + prng_draw(12, n) % row->bytes;
			uint64_t leaves_ns;
			units exact, rate = (units)row->rate;

			now_ns += next_gap_ns(row, n) * 10 / 11; /* 1.1 of the rate */
			assert_int_equal(offer(&shaper, now_ns, bytes, &leaves_ns), DROP_NONE);
			exact = leaves(&reference, rate * (now_ns - START_NS), row->burst, bytes);
			assert_true((units)(leaves_ns - START_NS) == (exact + rate - 1) / rate);
			waited += leaves_ns > now_ns;
		}
		assert_true(waited > PACKETS / 100);
	}
}

/* The queue never runs dry: of burst + rate * time everything has left when the last packet has,
 * to the nanosecond to which that time is rounded up. */
static void long_run_is_the_rate(void **state)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		const struct rate_row *row = &rates[i];
		struct shaper shaper = shaper_of(row->rate, row->burst,
			(struct throttle_queue){0, 10 * MS_NS + 1500 * 16 * SECOND_NS / row->rate});
		uint64_t gap_ns = (uint64_t)row->bytes * 8 * SECOND_NS / row->rate * 2 / 3;
		uint64_t sent = 0, last_ns = START_NS, leaves_ns, dropped = 0;
		units earned;

		for (uint64_t n = 0; n < 2000000; n++) {
			if (offer(&shaper, START_NS + n * gap_ns, row->bytes, &leaves_ns)) {
				dropped++;
				continue;
			}
			assert_true(leaves_ns >= last_ns);
			last_ns = leaves_ns;
			sent += row->bytes;
		}
		assert_true(dropped > 100000); /* of a third of two million */
		earned = units_of(row->burst) + (units)row->rate * (last_ns - START_NS);
		assert_true(units_of(sent) <= earned);
		assert_true(units_of(sent) > earned - (units)row->rate);
	}
}

/* 8 kbit/s are 1000 bytes a second. */
static void what_may_wait(void **state)
{
	static const struct {
		struct throttle_queue queue;
		struct {
			uint64_t ms;
			uint32_t bytes;
			enum drop_reason drop;
			uint64_t waits_ms;
		} packets[8];
	} rows[] = {
		{{3000, 0}, {{0, 1500, DROP_NONE, 0}, {0, 1500, DROP_NONE, 1500},
				    {0, 1500, DROP_NONE, 3000}, {0, 1, DROP_SHAPE_BYTES, 0},
				    {1000, 1001, DROP_SHAPE_BYTES, 0},
				    {1000, 1000, DROP_NONE, 3000}, {4000, 1500, DROP_NONE, 1500}}},
		{{0, 1500 * MS_NS}, {{0, 1500, DROP_NONE, 0}, {0, 1500, DROP_NONE, 1500},
					    {0, 1, DROP_SHAPE_TIME, 0}, {1, 2, DROP_SHAPE_TIME, 0},
					    {1, 1, DROP_NONE, 1500}}},
		{{2000, 1900 * MS_NS},
			{{0, 1500, DROP_NONE, 0}, {0, 1500, DROP_NONE, 1500},
				{0, 401, DROP_SHAPE_TIME, 0}, {0, 501, DROP_SHAPE_BYTES, 0},
				{0, 400, DROP_NONE, 1900}}},
		/* Longer than the bucket: when all of it has been earned. */
		{{9000, 0}, {{0, 4500, DROP_NONE, 3000}, {3000, 1500, DROP_NONE, 1500},
				    {60000, 4500, DROP_NONE, 3000},
				    {60000, 10501, DROP_SHAPE_BYTES, 0}}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct shaper shaper = shaper_of(8000, 1500, rows[i].queue);

		for (size_t n = 0; n < 8 && rows[i].packets[n].bytes; n++) {
			uint64_t now_ns = START_NS + rows[i].packets[n].ms * MS_NS, leaves_ns;

			assert_int_equal(
				offer(&shaper, now_ns, rows[i].packets[n].bytes, &leaves_ns),
				rows[i].packets[n].drop);
			assert_int_equal(leaves_ns, now_ns + rows[i].packets[n].waits_ms * MS_NS);
		}
	}
}

/* 1.5 Mbit/s send 37500 bytes in 200 ms: the default queue, 25 full packets. */
static void default_queue(void **state)
{
	struct shaper shaper = shaper_of(1500000, 1500, (struct throttle_queue){0});
	uint64_t leaves_ns;

	for (uint64_t n = 0; n <= 25; n++) {
		assert_int_equal(offer(&shaper, START_NS, 1500, &leaves_ns), DROP_NONE);
		assert_int_equal(leaves_ns, START_NS + n * 8 * MS_NS);
	}
	assert_int_equal(offer(&shaper, START_NS, 1500, &leaves_ns), DROP_SHAPE_BYTES);
	/* At least ten full packets: 15000 bytes at 1000 a second. */
	shaper = shaper_of(8000, 1500, (struct throttle_queue){0});
	for (uint64_t n = 0; n <= 10; n++)
		assert_int_equal(offer(&shaper, START_NS, 1500, &leaves_ns), DROP_NONE);
	assert_int_equal(offer(&shaper, START_NS, 1500, &leaves_ns), DROP_SHAPE_BYTES);
}

/* A clock that runs backwards between flows gives nothing, and no wait is longer than it may. */
static void time_runs_backwards(void **state)
{
	struct shaper shaper = shaper_of(8000, 1500, (struct throttle_queue){0, 3000 * MS_NS});
	uint64_t leaves_ns;

	assert_int_equal(offer(&shaper, START_NS + 1000 * MS_NS, 1500, &leaves_ns), DROP_NONE);
	assert_int_equal(offer(&shaper, START_NS, 1500, &leaves_ns), DROP_NONE);
	assert_int_equal(leaves_ns, START_NS + 2500 * MS_NS);
	assert_int_equal(offer(&shaper, START_NS, 501, &leaves_ns), DROP_SHAPE_TIME);
	assert_int_equal(offer(&shaper, START_NS, 500, &leaves_ns), DROP_NONE);
	assert_int_equal(leaves_ns, START_NS + 3000 * MS_NS);
}

static void parameters(void **state)
{
	static const struct {
		uint64_t rate, burst;
		struct throttle_queue queue;
		enum count_layer count;
		const char *word; /* NULL: right */
	} rows[] = {
		{8000, 1500, {1500, 0}, COUNT_L3, NULL},
		{8000, 1499, {1500, 0}, COUNT_L3, "burst"},
		{8000, 1517, {0, 0}, COUNT_L2, "burst"},
		{8000, 1518, {0, 0}, COUNT_L2, NULL},
		{8000, 1460, {1459, 0}, COUNT_PAYLOAD, "queue"},
		{8000, 1460, {1460, 0}, COUNT_PAYLOAD, NULL},
		{8000, 1000000001, {0, 0}, COUNT_L3, "burst"},
		{8000, 1500, {1000000001, 0}, COUNT_L3, "queue"},
		{8000, 1500, {0, 1500 * MS_NS - 1}, COUNT_L3, "queue"},
		{8000, 1500, {0, 1500 * MS_NS}, COUNT_L3, NULL},
		{8000, 1500, {0, 3600 * SECOND_NS}, COUNT_L3, NULL},
		{8000, 1500, {0, 3600 * SECOND_NS + 1}, COUNT_L3, "queue"},
		/* 400 Gbit/s are 1 GB in 20 ms. */
		{400000000000, 1500, {0, 20 * MS_NS}, COUNT_L3, NULL},
		{400000000000, 1500, {0, 20 * MS_NS + 1}, COUNT_L3, "queue"},
		{400000000000, 1500, {1000000000, 3600 * SECOND_NS}, COUNT_L3, NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct shaper shaper;
		const char *word = "";
		const char *wrong = set_up(
			&shaper, rows[i].rate, rows[i].burst, rows[i].queue, rows[i].count, &word);

		assert_int_equal(!wrong, !rows[i].word);
		if (wrong)
			assert_string_equal(word, rows[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_to_a_queue_played_packet_by_packet),
		cmocka_unit_test(long_run_is_the_rate),
		cmocka_unit_test(what_may_wait),
		cmocka_unit_test(default_queue),
		cmocka_unit_test(time_runs_backwards),
		cmocka_unit_test(parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
