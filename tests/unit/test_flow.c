/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/census.h"
#include "dataplane/flow.h"
#include "dataplane/prng.h"
#include "tests/unit/frames.h"

enum { MANY = 1000000 };

/* Key n: every n another one. */
static struct flow_key key_of(uint64_t n)
{
	return (struct flow_key){{n * 0x9e3779b97f4a7c15ull, n}};
}

static struct flow *insert(struct flow_table *table, uint64_t n)
{
	struct flow_key key = key_of(n);

	return flow_insert(table, &key, flow_table_hash(table, &key));
}

static struct flow *find(const struct flow_table *table, uint64_t n)
{
	struct flow_key key = key_of(n);
	uint64_t hash = flow_table_hash(table, &key);

	flow_prefetch_tags(table, hash);
	return flow_find_among(table, &key, hash, flow_matches(table, hash));
}

/* The naive map: `there[n]` says whether key n should be there, and last_ns carries n. */
static void assert_same(const struct flow_table *table, const uint8_t *there, uint32_t room)
{
	uint32_t count = 0;

	for (uint32_t n = 0; n < room; n++) {
		const struct flow *flow = find(table, n);

		assert_int_equal(!!flow, there[n]);
		if (!flow)
			continue;
		assert_int_equal(flow->last_ns, n);
		assert_int_equal(flow_record(table, flow)->id, n);
		count++;
	}
	assert_int_equal(flow_count(table), count);
}

static struct flow *insert_marked(struct flow_table *table, uint64_t n)
{
	struct flow *flow = insert(table, n);

	if (!flow)
		return NULL;
	assert_int_equal(flow->last_ns, 0);
	assert_int_equal(flow_record(table, flow)->id, 0);
	flow->last_ns = n;
	flow_record(table, flow)->id = n;
	return flow;
}

static void a_million(void **state)
{
	for (int growing = 0; growing <= 1; growing++) {
		struct flow_table *table = flow_table_new(MANY, growing, 42 + growing);
		uint8_t *there = calloc(MANY, 1);

		assert_true(table && there);
		for (uint32_t n = 0; n < MANY; n++) {
			assert_non_null(insert_marked(table, n));
			there[n] = 1;
		}
		assert_null(insert(table, MANY)); /* the limit */
		assert_same(table, there, MANY);
		for (uint32_t n = 0; n < MANY; n++)
			assert_null(find(table, MANY + n));
		/* every third goes, then half of those come back */
		for (uint32_t n = 0; n < MANY; n += 3) {
			flow_remove(table, find(table, n));
			there[n] = 0;
		}
		assert_same(table, there, MANY);
		for (uint32_t n = 0; n < MANY; n += 6) {
			assert_non_null(insert_marked(table, n));
			there[n] = 1;
		}
		assert_same(table, there, MANY);
		free(there);
		flow_table_free(table);
	}
}

/* A small table that is always nearly full, against the naive map, through any order. */
static void coming_and_going(void **state)
{
	enum { LIMIT = 700, KEYS = 1000 };
	struct flow_table *table = flow_table_new(LIMIT, true, 5);
	uint8_t there[KEYS] = {0};
	uint32_t count = 0;

	for (uint64_t step = 0; step < 200000; step++) {
		uint64_t n = prng_draw(9, step) % KEYS;

		if (there[n]) {
			flow_remove(table, find(table, n));
			count--;
		} else if (count == LIMIT) {
			assert_null(insert(table, n));
			continue;
		} else {
			assert_non_null(insert_marked(table, n));
			count++;
		}
		there[n] = !there[n];
		if (step % 1000 == 0)
			assert_same(table, there, KEYS);
	}
	flow_table_free(table);
}

struct seen {
	struct flow_table *table;
	uint8_t *times;
	bool remove_odd;
};

static void see(void *context, struct flow *flow)
{
	struct seen *seen = context;

	seen->times[flow->last_ns]++;
	if (seen->remove_odd && flow->last_ns % 2)
		flow_remove(seen->table, flow);
}

static void each_is_visited_once(void **state)
{
	enum { COUNT = 5000 };
	static uint8_t times[COUNT];
	struct seen seen = {flow_table_new(COUNT, true, 1), times, true};

	for (uint32_t n = 0; n < COUNT; n++)
		insert_marked(seen.table, n);
	flow_each(seen.table, see, &seen);
	for (uint32_t n = 0; n < COUNT; n++)
		assert_int_equal(times[n], 1);
	assert_int_equal(flow_count(seen.table), COUNT / 2);
	memset(times, 0, sizeof(times));
	flow_each(seen.table, see, &seen);
	for (uint32_t n = 0; n < COUNT; n++)
		assert_int_equal(times[n], n % 2 == 0);
	flow_table_free(seen.table);
}

static bool same_key(struct flow_key a, struct flow_key b)
{
	return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}

static void both_directions_have_one_key(void **state)
{
	static const struct {
		struct end ends[2];
		uint8_t proto;
		bool first_low; /* the lower address, then the lower port */
	} rows[] = {
		{{{"10.0.0.1", 1000}, {"10.0.0.2", 80}}, PROTO_TCP, true},
		{{{"10.0.0.2", 80}, {"10.0.0.1", 1000}}, PROTO_TCP, false},
		{{{"9.255.255.255", 65535}, {"10.0.0.0", 0}}, PROTO_UDP, true},
		{{{"255.255.255.255", 65535}, {"0.0.0.0", 65535}}, PROTO_UDP, false},
		{{{"10.0.0.1", 1000}, {"10.0.0.1", 80}}, PROTO_TCP, false},
		{{{"10.0.0.1", 0}, {"10.0.0.2", 0}}, PROTO_ICMP, true},
		{{{"2001:db8::1", 1000}, {"2001:db8::2", 80}}, PROTO_TCP, true},
		{{{"2001:db8::2", 80}, {"2001:db8::1", 1000}}, PROTO_UDP, false},
		{{{"2001:db8::1", 80}, {"2001:db8::1", 1000}}, PROTO_TCP, true},
		{{{"::1", 80}, {"8000::", 80}}, PROTO_UDP, true},
		{{{"fe80::1", 0}, {"fe80::2", 0}}, PROTO_ICMPV6, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t seed = 0; seed < 20; seed++) {
			struct flow_table *table = flow_table_new(16, true, seed);
			struct segment there = {.from = rows[i].ends[0],
				.to = rows[i].ends[1],
				.proto = rows[i].proto};
			struct segment back = {.from = rows[i].ends[1],
				.to = rows[i].ends[0],
				.proto = rows[i].proto};
			struct frame one, other;
			bool low, other_low;

			frame_make(&one, &there);
			frame_make(&other, &back);
			assert_true(same_key(flow_key_of(table, &one.packet, &low),
				flow_key_of(table, &other.packet, &other_low)));
			assert_int_equal(low, rows[i].first_low);
			assert_int_equal(other_low, !low);
			assert_true(flow_hash(&one.packet) == flow_hash(&other.packet));
			flow_table_free(table);
		}
	}
}

/* Flows that differ in one field only; the interface identifiers are those that a product with
 * one zero factor would not tell apart (the constants of prng.h, as bytes in memory). */
static void every_field_counts(void **state)
{
	static const struct segment flows[] = {
		{.from = {"10.0.0.1", 1}, .to = {"10.0.0.2", 2}, .proto = PROTO_TCP},
		{.from = {"10.0.0.1", 1}, .to = {"10.0.0.2", 2}, .proto = PROTO_UDP},
		{.from = {"10.0.0.1", 2}, .to = {"10.0.0.2", 1}, .proto = PROTO_TCP},
		{.from = {"10.0.0.1", 1}, .to = {"10.0.0.2", 3}, .proto = PROTO_TCP},
		{.from = {"10.0.0.1", 1}, .to = {"10.0.0.3", 2}, .proto = PROTO_TCP},
		{.from = {"::a00:1", 1}, .to = {"::a00:2", 2}, .proto = PROTO_TCP},
		{.from = {"::a00:1", 1}, .to = {"::a00:2", 2}, .proto = PROTO_UDP},
		{.from = {"::a00:1", 2}, .to = {"::a00:2", 1}, .proto = PROTO_TCP},
		{.from = {"2001:db8::1", 1},
			.to = {"2001:db8::2f64:bd78:641d:76a0", 1},
			.proto = PROTO_TCP},
		{.from = {"2001:db8::1", 1},
			.to = {"2001:db8::2f64:bd78:641d:76a0", 2},
			.proto = PROTO_TCP},
		{.from = {"2001:db8::1", 1},
			.to = {"2001:db8::db28:b4a0:d17e:3e7", 1},
			.proto = PROTO_TCP},
		{.from = {"2001:db8::1", 1},
			.to = {"2001:db8::db28:b4a0:d17e:3e7", 2},
			.proto = PROTO_TCP},
		{.from = {"2001:db8::1", 1},
			.to = {"2001:db9::db28:b4a0:d17e:3e7", 2},
			.proto = PROTO_TCP},
	};
	enum { COUNT = sizeof(flows) / sizeof(flows[0]) };
	struct flow_table *table = flow_table_new(16, true, 1);
	struct flow_key keys[COUNT];
	struct frame frame;
	bool low;

	for (int i = 0; i < COUNT; i++) {
		frame_make(&frame, &flows[i]);
		keys[i] = flow_key_of(table, &frame.packet, &low);
		for (int j = 0; j < i; j++) {
			if (same_key(keys[i], keys[j]))
				fail_msg("flows %d and %d have one key", i, j);
		}
	}
	flow_table_free(table);
}

static void names_of_every_length(void **state)
{
	static const uint32_t lengths[] = {0, 1, 30, 31, 32, 62, 63, 64, 126, 127, 128, 254, 255};
	enum { COUNT = sizeof(lengths) / sizeof(lengths[0]) };
	struct flow_table *table = flow_table_new(COUNT, true, 0);
	uint8_t text[256];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < COUNT; i++) {
			struct flow *flow = insert(table, i);
			struct flow_record *record = flow_record(table, flow);

			memset(text, 'a' + i, sizeof(text));
			assert_int_equal(flow_name(table, record).len, 0);
			if (i % 2) /* a later name takes the place of this one */
				assert_true(flow_set_name(
					table, record, (struct span){(const uint8_t *)"x", 1}));
			assert_true(flow_set_name(table, record, (struct span){text, lengths[i]}));
			assert_false(flow_set_name(table, record, (struct span){text, 256}));
		}
		for (int i = 0; i < COUNT; i++) {
			struct flow *flow = find(table, i);
			struct span name = flow_name(table, flow_record(table, flow));

			memset(text, 'a' + i, sizeof(text));
			assert_int_equal(name.len, lengths[i]);
			if (name.len)
				assert_memory_equal(name.data, text, name.len);
			flow_remove(table, flow);
		}
	}
	assert_int_equal(flow_count(table), 0);
	flow_table_free(table);
}

/* A quarter of the limit, rounded up, may be embryonic. */
static void embryonic_accounting(void **state)
{
	static const struct {
		uint32_t limit, quarter;
	} rows[] = {{1, 1}, {4, 1}, {5, 2}, {8, 2}, {1000, 250}, {1001, 251}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow_table *table = flow_table_new(rows[i].limit, true, 0);
		struct flow *flow;

		for (uint32_t n = 0; n < rows[i].quarter; n++) {
			assert_int_equal(flow_room_needed(table), FLOW_ROOM);
			flow = insert(table, n);
			assert_true(flow_is_embryonic(flow));
			flow->bytes[n % 2] = 40;
			assert_true(flow_is_embryonic(flow));
		}
		assert_int_equal(flow_room_needed(table), FLOW_ROOM_EMBRYONIC);
		for (uint32_t n = 0; n < rows[i].quarter; n++) {
			flow = find(table, n);
			flow->bytes[!(n % 2)] = 40;
			assert_false(flow_is_embryonic(flow));
			flow_established(table);
		}
		for (uint32_t n = rows[i].quarter; n < rows[i].limit; n++) {
			assert_int_equal(flow_room_needed(table), FLOW_ROOM);
			flow = insert(table, n);
			flow->bytes[0] = flow->bytes[1] = 1;
			flow_established(table);
		}
		assert_int_equal(flow_room_needed(table), FLOW_ROOM_ANY);
		flow_remove(table, find(table, 0));
		assert_int_equal(flow_room_needed(table), FLOW_ROOM);
		insert(table, 0); /* embryonic, and removed as such */
		flow_remove(table, find(table, 0));
		assert_int_equal(flow_room_needed(table), FLOW_ROOM);
		flow_table_free(table);
	}
}

/* 160 flows that were heard of at 1000, 999, ... 841; every tenth is embryonic. A sixteenth of the
 * limit is 10, and one more to be on the safe side. */
static void the_age_of_the_oldest(void **state)
{
	struct flow_table *table = flow_table_new(160, true, 0);
	struct census census;
	struct flow *flow;

	assert_true(census_begin(&census, 160));
	assert_int_equal(census_oldest(&census, table, false), 0);
	for (uint32_t n = 0; n < 160; n++) {
		flow = insert(table, n);
		flow->last_ns = 1000 - n;
		flow->bytes[0] = 40;
		if (n % 10 == 0)
			continue;
		flow->bytes[1] = 40;
		flow_established(table);
	}
	assert_int_equal(census_oldest(&census, table, false), 841 + 10);
	/* the embryonic ones: 850, 860, ... 1000 */
	assert_int_equal(census_oldest(&census, table, true), 850 + 100);
	for (uint32_t n = 60; n < 160; n += 10)
		flow_remove(table, find(table, n));
	/* six are left, less than a sixteenth: all of them */
	assert_int_equal(census_oldest(&census, table, true), 1000);
	census_end(&census);
	flow_table_free(table);
}

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* Any times, many of them equal: the 101st of 1600 is the one that sorting puts there. */
static void the_oldest_as_sorting_has_it(void **state)
{
	static const uint64_t distinct[] = {1, 2, 3, 10, 100, 1000, 1u << 31};

	for (size_t i = 0; i < sizeof(distinct) / sizeof(*distinct); i++) {
		struct flow_table *table = flow_table_new(1600, true, i);
		struct census census;
		uint64_t times[1600];

		assert_true(census_begin(&census, 1600));
		for (uint32_t n = 0; n < 1600; n++)
			insert(table, n)->last_ns = times[n] = 7 + prng_draw(i, n) % distinct[i];
		qsort(times, 1600, sizeof(*times), by_value);
		assert_int_equal(census_oldest(&census, table, false), times[100]);
		census_end(&census);
		flow_table_free(table);
	}
}

static void packets_beyond_32_bits(void **state)
{
	struct flow flow = {.packets = {5, UINT32_MAX}};
	struct flow_record record = {.packets_high = {1, 2}};

	assert_true(flow_packets(&flow, &record) == (3ull << 32) + 5 + UINT32_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million),
		cmocka_unit_test(coming_and_going),
		cmocka_unit_test(each_is_visited_once),
		cmocka_unit_test(both_directions_have_one_key),
		cmocka_unit_test(every_field_counts),
		cmocka_unit_test(names_of_every_length),
		cmocka_unit_test(embryonic_accounting),
		cmocka_unit_test(the_age_of_the_oldest),
		cmocka_unit_test(the_oldest_as_sorting_has_it),
		cmocka_unit_test(packets_beyond_32_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
