/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/rules.h"
#include "dataplane/succession.h"

static struct rules *load(const char *rules)
{
	struct failure failure = {0};
	char *text;
	struct rules *loaded;

	if (asprintf(&text, "sluice: 1\nid: test\nrules:\n%s", rules) < 0)
		abort();
	loaded = rules_load_text("test", text, strlen(text), NULL, 0, &failure);
	if (!loaded)
		fail_msg("%s\n%s", failure.line, text);
	free(text);
	return loaded;
}

static const struct rule *rule_named(const struct ruleset *ruleset, const char *id)
{
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		if (!strcmp(ruleset->rules[i].id, id))
			return &ruleset->rules[i];
	}
	fail_msg("no rule %s", id);
	return NULL;
}

#define A                                                                                        \
	"  - {id: a, when: {server_port: 1}, then: [police: {rate: 1Mbit/s, burst: 9kB, count: " \
	"l3}]}\n"
#define B                                                                                      \
	"  - {id: b, when: {tls.sni: [x.y, z.y]}, then: [police: {rate: 1Mbit/s, burst: 9kB, " \
	"count: l3, per: rule}]}\n"
#define C            "  - {id: c, when: {server_port: 3}}\n"
#define A_KEEP(what) "  - {id: a, on_change: keep, when: {server_port: 1}" what "}\n"
#define POLICE(more) ", then: [police: {rate: 2Mbit/s, burst: 9kB, count: l3" more "}]"

static const struct {
	const char *what, *before, *after;
	bool redecides, forgets, matching;
} change_rows[] = {
	{"unchanged", A B, A B, false, false, false},
	{"another rule goes", A B C, A B, false, false, true},
	{"another rule comes", A B, A B C, false, false, true},
	{"another order", A B C, C B A, false, false, true},
	{"another rule changes", A C, A "  - {id: c, when: {server_port: 4}}\n", false, false,
		true},
	{"keys in another order", A,
		"  - {then: [police: {count: l3, burst: 9000B, rate: 1000kbit/s}], when: "
		"{server_port: 1}, id: a}\n",
		false, false, false},
	{"what is the default is said", A,
		"  - {id: a, when: {server_port: 1}, state: {key: flow, idle: 600s, "
		"cleared_by: "
		"[syn]}, then: [police: {rate: 1Mbit/s, burst: 9kB, count: l3, per: "
		"flow}]}\n",
		false, false, false},
	{"only on_change", A, A_KEEP(", then: [police: {rate: 1Mbit/s, burst: 9kB, count: l3}]"),
		false, false, false},
	{"a parameter", A, "  - {id: a, when: {server_port: 1}" POLICE("") "}\n", true, true,
		false},
	{"a condition", A,
		"  - {id: a, when: {server_port: 2}, then: [police: {rate: 1Mbit/s, burst: "
		"9kB, count: l3}]}\n",
		true, true, true},
	{"idle", A,
		"  - {id: a, when: {server_port: 1}, state: {idle: 601s}, then: [police: "
		"{rate: "
		"1Mbit/s, burst: 9kB, count: l3}]}\n",
		true, true, false},
	{"cleared_by", A,
		"  - {id: a, when: {server_port: 1}, state: {cleared_by: []}, then: "
		"[police: "
		"{rate: 1Mbit/s, burst: 9kB, count: l3}]}\n",
		true, true, false},
	{"a step more", A,
		"  - {id: a, when: {server_port: 1}, then: [police: {rate: 1Mbit/s, burst: "
		"9kB, "
		"count: l3}, drop: {probability: 0.1}]}\n",
		true, true, false},
	{"no step", A, "  - {id: a, when: {server_port: 1}}\n", true, true, false},
	{"kept: a parameter", A, A_KEEP(POLICE("")), false, false, false},
	{"kept: a condition", A,
		"  - {id: a, on_change: keep, when: {server_port: 2}" POLICE("") "}\n", false,
		false, true},
	{"kept: who shares", A, A_KEEP(POLICE(", per: inside-host")), false, true, false},
	{"kept: by direction", A, A_KEEP(POLICE(", per: direction")), false, true, false},
	{"kept: another kind", A, A_KEEP(", then: [drop: {probability: 0.5}]"), false, true, false},
	{"kept: no step", A, A_KEEP(""), false, true, false},
	{"a name", "  - {id: a, when: {tls.sni: [x.y]}}\n", "  - {id: a, when: {tls.sni: [x.z]}}\n",
		true, true, true},
	{"a name of another list", "  - {id: a, when: {tls.sni: [x.y]}}\n",
		"  - {id: a, when: {http.host: [x.y]}}\n", true, true, true},
	{"names in another order", "  - {id: a, when: {tls.sni: [x.y, z.y]}}\n",
		"  - {id: a, when: {tls.sni: [z.y, x.y]}}\n", false, false, false},
	{"how names are read", "  - {id: a, when: {tls.sni: [x.y]}}\n",
		"  - {id: a, when: {tls.sni: [x.y]}, inspect: {budget: {packets: 9}}}\n", true,
		true, true},
	{"how nothing is read", "  - {id: a, when: {server_port: 1}}\n",
		"  - {id: a, when: {server_port: 1}, inspect: {budget: {packets: 9}}}\n", false,
		false, false},
	/* the index of a's inspect changes, what it says does not */
	{"another inspect before it", "  - {id: a, when: {tls.sni: [x.y]}}\n",
		"  - {id: z, when: {tls.sni: [z.y]}, inspect: {budget: {packets: 9}}}\n"
		"  - {id: a, when: {tls.sni: [x.y]}}\n",
		false, false, true},
	{"a prefix", "  - {id: a, when: {server: 10.0.0.0/8}}\n",
		"  - {id: a, when: {server: 10.0.0.0/9}}\n", true, true, true},
};

/* What the second ruleset says of rule a (and b) of the first. Yes: it is marked as new. */
static void what_is_the_same(void **state)
{
	for (size_t i = 0; i < sizeof(change_rows) / sizeof(change_rows[0]); i++) {
		struct rules *before = load(change_rows[i].before),
			     *after = load(change_rows[i].after);
		const struct ruleset *old = rules_compiled(before);
		const struct ruleset *ruleset = rules_compiled(after);
		const struct rule *a = rule_named(ruleset, "a");

		assert_true(rules_succeed(after, old));
		assert_int_equal(old->generation, 1);
		assert_int_equal(ruleset->generation, 2);
		assert_int_equal(a->slot, rule_named(old, "a")->slot);
		assert_int_equal(ruleset->slots[a->slot].born_at, 1);
		if ((a->redecides_before == 2) != change_rows[i].redecides ||
			(a->forgets_before == 2) != change_rows[i].forgets ||
			(ruleset->matching_since == 2) != change_rows[i].matching)
			fail_msg("%s: decided anew before %u, fresh before %u, matching since %u",
				change_rows[i].what, a->redecides_before, a->forgets_before,
				ruleset->matching_since);
		rules_free(before);
		rules_free(after);
	}
}

/* Slots over several rulesets, each written as the ids in it, and the slot of each id then. */
static void slots_stay_with_ids(void **state)
{
	static const struct {
		const char *ids, *slots;
	} rows[] = {
		{"abc", "012"},
		{"cba", "210"},   /* order is nothing */
		{"ac", "02"},     /* b goes */
		{"adc", "032"},   /* another comes: b's slot rests */
		{"abcd", "0123"}, /* b is back */
		{"e", "4"},
		{"abcdef", "012345"},
	};
	struct rules *loaded[sizeof(rows) / sizeof(rows[0])];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024] = "";
		const struct ruleset *ruleset;

		for (const char *id = rows[i].ids; *id; id++)
			sprintf(text + strlen(text), "  - {id: %c, when: {server_port: %d}}\n", *id,
				*id);
		loaded[i] = load(text);
		ruleset = rules_compiled(loaded[i]);
		assert_true(rules_succeed(loaded[i], i ? rules_compiled(loaded[i - 1]) : NULL));
		assert_int_equal(ruleset->generation, i + 1);
		for (size_t rule = 0; rule < ruleset->rule_count; rule++) {
			uint16_t slot = ruleset->rules[rule].slot;

			assert_int_equal(slot, rows[i].slots[rule] - '0');
			assert_ptr_equal(ruleset_rule(ruleset, slot), &ruleset->rules[rule]);
			assert_string_equal(
				ruleset_rule_id(ruleset, slot), ruleset->rules[rule].id);
		}
		assert_int_equal(ruleset->reborn_at, 0);
	}
	/* gone: nobody's, but it still has its name */
	assert_null(ruleset_rule(rules_compiled(loaded[5]), 1));
	assert_string_equal(ruleset_rule_id(rules_compiled(loaded[5]), 1), "b");
	/* back: its row goes on, its flows do not */
	assert_int_equal(rules_compiled(loaded[4])->slots[1].born_at, 1);
	assert_int_equal(rule_named(rules_compiled(loaded[4]), "b")->redecides_before, 5);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rules_free(loaded[i]);
}

/* Rules r<first> to r<first + count - 1>. */
static struct rules *load_many(uint32_t first, uint32_t count)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	struct rules *rules;

	for (uint32_t i = first; i < first + count; i++)
		fprintf(out, "  - {id: r%u, when: {server: 10.%u.%u.0/24}}\n", i, i >> 8 & 255,
			i & 255);
	fclose(out);
	rules = load(text);
	free(text);
	return rules;
}

static void count_slots(const struct ruleset *ruleset, uint32_t *reborn)
{
	uint8_t *seen = calloc(ruleset->slot_count, 1);

	*reborn = 0;
	for (uint32_t i = 0; i < ruleset->rule_count; i++) {
		uint16_t slot = ruleset->rules[i].slot;

		assert_true(slot < ruleset->slot_count && !seen[slot]++);
		assert_string_equal(ruleset->slots[slot].id, ruleset->rules[i].id);
	}
	for (uint32_t i = 0; i < ruleset->slot_count; i++)
		*reborn += ruleset->slots[i].born_at == ruleset->generation;
	free(seen);
}

/* 400 new rules each time: 1,024 slots rest, then the one that has rested longest is taken. */
static void slots_are_used_again(void **state)
{
	struct rules *now = load_many(0, 400), *next;
	uint32_t reborn;

	for (uint32_t n = 1; n <= 20; n++) {
		const struct ruleset *old = rules_compiled(now);
		const struct ruleset *ruleset;

		next = load_many(n * 400, 400);
		ruleset = rules_compiled(next);
		assert_true(rules_succeed(next, old));
		count_slots(ruleset, &reborn);
		assert_int_equal(reborn, 400);
		/* at the third, 1,200 have gone: 176 of the first may be taken */
		assert_int_equal(
			ruleset->slot_count, n < 3 ? 400 * (n + 1) : 1600 - (1200 - SLOTS_RESTING));
		assert_int_equal(ruleset->reborn_at, n < 3 ? 0 : ruleset->generation);
		if (n == 3)
			assert_string_equal(ruleset_rule_id(ruleset, 0), "r1200");
		rules_free(now);
		now = next;
	}
	rules_free(now);
}

/* Numbers of buckets that a rule's flows share: theirs as long as it is unchanged or kept, and none
 * that the ruleset before uses. */
static void shared_numbers(void **state)
{
#define RULE(id, rate, more)                                                                \
	"  - {id: " id ", when: {server_port: " id "}" more ", then: [police: {rate: " rate \
	", burst: 9kB, count: l3, per: rule}, police: {rate: " rate                         \
	", burst: 9kB, count: l3, per: inside-host}]}\n"
	static const char *const texts[] = {
		RULE("1", "1Mbit/s", "") RULE("2", "1Mbit/s", ""),
		RULE("2", "1Mbit/s", "") RULE("1", "2Mbit/s", ""),
		RULE("1", "3Mbit/s", ", on_change: keep") RULE("2", "2Mbit/s", ""),
		RULE("3", "1Mbit/s", "") RULE("1", "3Mbit/s", ""),
	};
	static const struct {
		uint32_t text, rule; /* in the order of the text */
		uint32_t of_rule, of_host, born_at;
	} rows[] = {
		{0, 0, 0, 0, 1},
		{0, 1, 1, 1, 1},
		{1, 0, 1, 1, 1}, /* 2 is unchanged */
		{1, 1, 2, 2, 2}, /* 1 changed: 0 is still in use by the ruleset before */
		{2, 0, 2, 2, 2}, /* kept */
		{2, 1, 0, 3,
			3}, /* 2 changed: 0 is free now; hosts are keyed by a number for ever */
		{3, 0, 1, 4, 4},
		{3, 1, 2, 2, 2},
	};
	struct rules *loaded[4];

	for (size_t i = 0; i < 4; i++) {
		loaded[i] = load(texts[i]);
		assert_true(rules_succeed(loaded[i], i ? rules_compiled(loaded[i - 1]) : NULL));
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ruleset *ruleset = rules_compiled(loaded[rows[i].text]);
		const struct throttle *steps =
			&ruleset->throttles[ruleset->rules[rows[i].rule].throttle_first];

		if (steps[0].shared != rows[i].of_rule || steps[1].shared != rows[i].of_host ||
			steps[0].born_at != rows[i].born_at || steps[1].born_at != rows[i].born_at)
			fail_msg("row %zu: %u and %u of %u, %u", i, steps[0].shared,
				steps[1].shared, steps[0].born_at, steps[1].born_at);
	}
	for (size_t i = 0; i < 4; i++)
		rules_free(loaded[i]);
}

/* Numbers of inspects, each written as its budget in packets; eight are all there are. */
static void inspects_keep_their_numbers(void **state)
{
	static const struct {
		uint32_t budgets[INSPECTS_MAX], numbers[INSPECTS_MAX], born_at[INSPECTS_MAX];
	} rows[] = {
		{{1, 2, 3}, {0, 1, 2}, {1, 1, 1}}, {{3, 4, 1}, {2, 3, 0}, {1, 2, 1}},
		{{2, 4}, {1, 3}, {3, 2}}, /* 2 was gone: what flows know of 1 is not of it */
		{{1, 2, 3, 4, 5, 6, 7, 8}, {0, 1, 2, 3, 4, 5, 6, 7}, {4, 3, 4, 2, 4, 4, 4, 4}},
		{{9, 8, 10}, {0, 7, 1}, {5, 4, 5}}, /* none is free */
	};
	struct rules *before = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[2048] = "";
		struct rules *rules;
		const struct ruleset *ruleset;

		for (int n = 0; n < INSPECTS_MAX && rows[i].budgets[n]; n++)
			sprintf(text + strlen(text),
				"  - {id: r%d, when: {tls.sni: [x%d.y]}, inspect: {budget: "
				"{packets: %u}}}\n",
				n, n, rows[i].budgets[n]);
		rules = load(text);
		ruleset = rules_compiled(rules);
		assert_true(rules_succeed(rules, before ? rules_compiled(before) : NULL));
		for (uint32_t n = 0; n < ruleset->inspect_count; n++) {
			assert_int_equal(ruleset->inspects[n].number, rows[i].numbers[n]);
			assert_int_equal(ruleset->inspects[n].born_at, rows[i].born_at[n]);
		}
		rules_free(before);
		before = rules;
	}
	rules_free(before);
}

/* A ruleset that was not taken after all leaves no trace; it can be numbered again. */
static void numbered_twice(void **state)
{
	struct rules *first = load(A), *other = load(B), *third = load(B C);

	assert_true(rules_succeed(other, rules_compiled(first)));
	assert_true(rules_succeed(third, rules_compiled(first)));
	assert_true(rules_succeed(third, rules_compiled(other)));
	assert_int_equal(rules_compiled(third)->generation, 3);
	assert_int_equal(rule_named(rules_compiled(third), "b")->slot, 1);
	assert_int_equal(rule_named(rules_compiled(third), "b")->redecides_before, 2);
	assert_int_equal(rule_named(rules_compiled(third), "c")->slot, 2);
	assert_true(rules_succeed(third, NULL));
	assert_int_equal(rules_compiled(third)->generation, 1);
	assert_int_equal(rule_named(rules_compiled(third), "b")->slot, 0);
	rules_free(first);
	rules_free(other);
	rules_free(third);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_the_same),
		cmocka_unit_test(slots_stay_with_ids),
		cmocka_unit_test(slots_are_used_again),
		cmocka_unit_test(shared_numbers),
		cmocka_unit_test(inspects_keep_their_numbers),
		cmocka_unit_test(numbered_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
