/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/counters.h"
#include "dataplane/throttle/throttle.h"
#include "dataplane/verdict.h"

enum { RULES = 3, PORTS = 2 };

/* Every number is another one, so that a sum that mixes two up shows. */
static void fill(struct counters *counters, uint64_t factor)
{
	uint64_t *words = (uint64_t *)counters->rules;
	size_t per = sizeof(struct fates) / sizeof(uint64_t);

	for (size_t n = 0; n < RULES * per; n++)
		words[n] = (n + 1) * factor;
	words = (uint64_t *)counters->ports;
	for (size_t n = 0; n < PORTS * per; n++)
		words[n] = (n + 1000) * factor;
	for (size_t n = 0; n < EVENT_COUNT; n++)
		counters->events[n] = (n + 2000) * factor;
}

static void sums(void **state)
{
	struct counters sum, part, expected;

	assert_true(counters_begin(&sum, RULES, PORTS));
	assert_true(counters_begin(&part, RULES, PORTS));
	assert_true(counters_begin(&expected, RULES, PORTS));
	fill(&sum, 1);
	fill(&part, 10);
	fill(&expected, 11);
	counters_add(&sum, &part);
	assert_memory_equal(sum.rules, expected.rules, RULES * sizeof(*sum.rules));
	assert_memory_equal(sum.ports, expected.ports, PORTS * sizeof(*sum.ports));
	assert_memory_equal(sum.events, expected.events, sizeof(sum.events));
	counters_end(&sum);
	counters_end(&part);
	counters_end(&expected);
}

static void all_ports_together(void **state)
{
	struct counters counters;
	struct fates total;

	assert_true(counters_begin(&counters, RULES, PORTS));
	tally_count(&counters.ports[0].received, 60);
	tally_count(&counters.ports[1].received, 1514);
	tally_count(&counters.ports[0].forwarded, 60);
	tally_count(&counters.ports[1].dropped[2], 1514);
	tally_count(&counters.rules[1].received, 9999);
	total = counters_total(&counters);
	assert_int_equal(total.received.packets, 2);
	assert_int_equal(total.received.bytes, 1574);
	assert_int_equal(total.forwarded.packets, 1);
	assert_int_equal(total.forwarded.bytes, 60);
	assert_int_equal(total.dropped[2].bytes, 1514);
	assert_int_equal(total.dropped[1].packets, 0);
	counters_end(&counters);
}

static void none_of_either(void **state)
{
	struct counters counters, other;
	struct fates total, zero = {0};

	assert_true(counters_begin(&counters, 0, 0));
	assert_true(counters_begin(&other, 0, 0));
	counters_add(&counters, &other);
	total = counters_total(&counters);
	assert_memory_equal(&total, &zero, sizeof(zero));
	counters_end(&counters);
	counters_end(&other);
	assert_null(counters.rules);
}

static void every_number_has_a_name_of_its_own(void **state)
{
	for (int a = 0; a < EVENT_COUNT; a++) {
		const struct counter_event_name *name = &counter_event_names[a];

		assert_true(name->group && *name->group && name->word && *name->word);
		for (int b = 0; b < a; b++)
			assert_false(strcmp(name->group, counter_event_names[b].group) == 0 &&
				     strcmp(name->word, counter_event_names[b].word) == 0);
	}
	for (int a = 0; a < REASON_COUNT; a++) {
		assert_true(reason_words[a] && *reason_words[a]);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(reason_words[a], reason_words[b]);
	}
}

/* A port's drops are told by kind: each kind must have its place. */
static void kinds_have_room(void **state)
{
	int count = 0;

	while (throttle_kinds[count])
		count++;
	assert_true(count >= 1 && count <= THROTTLE_KINDS_MAX);
	for (int a = 0; a < count; a++) {
		const struct throttle_kind *kind = throttle_kinds[a];

		assert_int_equal(kind->state_size % 8, 0);
		assert_true(kind->state_size <= THROTTLE_SHARED_BYTES);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(kind->word, throttle_kinds[b]->word);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums),
		cmocka_unit_test(all_ports_together),
		cmocka_unit_test(none_of_either),
		cmocka_unit_test(every_number_has_a_name_of_its_own),
		cmocka_unit_test(kinds_have_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
