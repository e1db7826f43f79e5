/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names and patterns are those of the published throttling of Twitter in March 2021 where they can
 * be (https://censoredplanet.org/throttling): *t.co* caught reddit.com and microsoft.com.
 */
#include "classifiers/names.h"
#include "classifiers/names_regex.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 8 and 32 times 8 characters. */
#define LABEL8   "abcdefg."
#define LABEL64  LABEL8 LABEL8 LABEL8 LABEL8 LABEL8 LABEL8 LABEL8 LABEL8
#define LABEL256 LABEL64 LABEL64 LABEL64 LABEL64

static unsigned match(const struct names *names, const char *name, uint64_t *bits)
{
	size_t len = strlen(name);
	uint8_t *block = malloc(len); /* exactly: a sanitizer sees a read beyond */
	unsigned matches;

	assert_true(block || !len);
	memcpy(block, name, len);
	matches = names_match(names, block, len, bits);
	free(block);
	return matches;
}

static const struct {
	const char *pattern, *name;
	bool matches;
} forms[] = {
	{"t.co", "t.co", true},
	{"t.co", "T.Co", true},
	{"T.CO", "t.co", true},
	{"t.co", "at.co", false},
	{"t.co", "a.t.co", false},
	{"t.co", "t.com", false},
	{"t.co", "t.co.", false},
	{"t.co.", "t.co.", true},
	{"t.co", "", false},
	{"localhost", "localhost", true},
	{"*.twimg.com", "abs.twimg.com", true},
	{"*.twimg.com", "ABS.TWIMG.COM", true},
	{"*.twimg.com", "twimg.com", false},
	{"*.twimg.com", ".twimg.com", false},
	{"*.twimg.com", "a.b.twimg.com", false},
	{"*.twimg.com", "abs.twimg.com.", false},
	{"*.twimg.com", "abstwimg.com", false},
	{"*.com", "twimg.com", true},
	{"*.com", "abs.twimg.com", false},
	{"**.twitter.com", "twitter.com", true},
	{"**.twitter.com", "api.twitter.com", true},
	{"**.twitter.com", "a.b.c.twitter.com", true},
	{"**.twitter.com", ".twitter.com", true},
	{"**.twitter.com", "throttletwitter.com", false},
	{"**.twitter.com", "twitter.com.", false},
	{"**.twitter.com", "twitter.com.example.org", false},
	{"**.com", "com", true},
	{"*twitter.com", "twitter.com", true},
	{"*twitter.com", "throttletwitter.com", true},
	{"*twitter.com", "www.twitter.com", true},
	{"*twitter.com", "twitter.comx", false},
	{"*twitter.com", "witter.com", false},
	{"*m", "example.com", true},
	{"*m", "m", true},
	{"*m", "example.org", false},
	{"*t.co*", "t.co", true},
	{"*t.co*", "reddit.com", true},
	{"*t.co*", "microsoft.com", true},
	{"*t.co*", "MICROSOFT.COM", true},
	{"*t.co*", "twitter.com", false},
	{"*t.co*", "t-co", false},
	{"*t.co*", "t.c", false},
	{"*x*", "netflix.com", true},
	{"*x*", "x", true},
	{"*x*", "example.org", true},
	{"*x*", "twitter.com", false},
	{"*.x.*", "a.x.b", true},
	{"*.x.*", "x.b", false},
	{"*-cdn.net", "a-cdn.net", true},
	{"a[b", "a[b", true},
	{"a[b", "a{b", false}, /* only letters have two cases */
	{"a@b", "a`b", false},
	{"ABCDEFGHIJKLMNOPQRSTUVWXYZ.com", "abcdefghijklmnopqrstuvwxyz.COM", true},
	{"**.abcdefgh.abcdefghi.a", "x.abcdefgh.abcdefghi.a", true}, /* a word, and one more */
	{"**.abcdefgh.abcdefghi.a", "x.abcdefgh.abcdefghj.a", false},
	{"ab.c", "a.bc", false},
	{"/^r[0-9]+---sn-/", "r4---sn-abc.googlevideo.com", true},
	{"/^r[0-9]+---sn-/", "rr---sn-abc.googlevideo.com", false},
	{"/^r[0-9]+---sn-/", "R4---SN-abc.googlevideo.com", true},
	{"/google/", "www.google.com", true}, /* searched for, not compared */
	{"/google$/", "www.google.com", false},
	{"/GOOGLE\\.COM$/", "www.google.com", true},
	{"/GOOGLE\\.COM$/", "www.google-com", false},
	{"/^.$/", "a", true},
	{"/(^|\\.)(youtube|ytimg)\\.com$/", "i.ytimg.com", true},
	{"/(^|\\.)(youtube|ytimg)\\.com$/", "iytimg.com", false},
};

static void each_form_matches_what_it_says(void **state)
{
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct names *names = names_new(1);
		uint64_t bits[2] = {0, 0};

		print_message("%s %s\n", forms[i].pattern, forms[i].name);
		assert_null(names_pattern_error(forms[i].pattern));
		names_add(names, forms[i].pattern, 70);
		names_seal(names);
		assert_int_equal(match(names, forms[i].name, bits), forms[i].matches);
		assert_int_equal(bits[0], 0);
		assert_int_equal(bits[1], forms[i].matches ? 1 << (70 - 64) : 0);
		names_free(names);
	}
}

static void what_is_no_pattern_says_why(void **state)
{
	static const struct {
		const char *pattern, *word;
	} rows[] = {
		{"", "nothing"},
		{".", "nothing"},
		{"...", "nothing"},
		{"*", "nothing"},
		{"**", "nothing"},
		{"*.", "nothing"},
		{"**.", "nothing"},
		{"*.*", "nothing"},
		{"***", "'*'"},
		{"**.*", "'*'"},
		{"a*", "'*'"},
		{"a*b", "'*'"},
		{"*a*b", "'*'"},
		{"**a", "'*'"},
		{"**.a*", "'*'"},
		{"*.*.com", "'*'"},
		{"t.co ", "blank"},
		{"https://t.co", "scheme"},
		{"t.co:443", "port"},
		{"t.co/a", "path"},
		{".t.co", "empty label"},
		{"t..co", "empty label"},
		{"**..co", "empty label"},
		{" t.co", "blank"},
		{"t\tco", "blank"},
		{"t\177co", "blank"},
		{"\320\277.xn--p1ai", "ASCII"},
		{LABEL256, "longer"},
		{"*." LABEL256, "longer"},
		{"*" LABEL256 "*", "longer"},
		{"//", "nothing"},
		{"/a b/", "blank"},
		{"/a/b", "path"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *error = names_pattern_error(rows[i].pattern);

		print_message("%s\n", rows[i].pattern);
		assert_non_null(error);
		assert_non_null(strstr(error, rows[i].word));
	}
}

/* The index of the character that has no partner, or repeats nothing, or wrongly; 0 where it is the
 * whole expression. */
static void what_is_no_regular_expression_says_why_and_where(void **state)
{
	static const struct {
		const char *text, *word;
		size_t at;
	} rows[] = {
		{"a(b", "parenthes", 1},
		{"ab)", "parenthes", 2},
		{"a[b", "character class", 1},
		{"*a", "", 0},
		{"a{3,2}", "repeat", 1},
		{"(a)\\1", "unsupported", 0},
		{"(?=a)b", "", 0},
		{"a*", "empty", 0},
	};
	size_t at = 99;
	char why[200] = "";

	assert_true(names_regex_check("^a.*b$", 6, why, sizeof(why), &at));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text = rows[i].text;

		print_message("%s\n", text);
		assert_false(names_regex_check(text, strlen(text), why, sizeof(why), &at));
		print_message("%s (%zu)\n", why, at);
		assert_int_equal(at, rows[i].at);
		assert_non_null(strcasestr(why, rows[i].word));
	}
}

/* One by one or all together: what is found is the same, and each pair of pattern and list is
 * counted once. */
static void any_number_of_substrings_finds_the_same(void **state)
{
	static const unsigned numbers[] = {1, 100, 128, 129, 3000};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct names *names = names_new(1);
		uint64_t bits[2] = {0, 0};
		char text[32];

		for (unsigned n = 0; n < numbers[i]; n++) {
			snprintf(text, sizeof(text), "*part%u-*", n);
			names_add(names, text, n % 2);
			names_add(names, text, n % 2); /* twice */
			names_add(names, text, 64);
		}
		assert_true(names_seal(names));
		print_message("%u\n", numbers[i]);
		assert_int_equal(
			match(names, "PART0-part99-.example", bits), numbers[i] > 99 ? 4 : 2);
		assert_int_equal(bits[0], numbers[i] > 99 ? 3 : 1);
		assert_int_equal(bits[1], 1);
		bits[0] = bits[1] = 0;
		assert_int_equal(match(names, "part.example", bits), 0);
		assert_int_equal(bits[0] | bits[1], 0);
		names_free(names);
	}
}

enum { LOOKERS = 4, LOOKS = 2000 };

static void *look(void *names)
{
	uint64_t wrong = 0;

	for (unsigned i = 0; i < LOOKS; i++) {
		uint64_t bits = 0;
		char text[32];

		snprintf(text, sizeof(text), "%s%u.example", i % 2 ? "r" : "x", i);
		wrong += match(names, text, &bits) != i % 2;
		wrong += bits != i % 2;
	}
	return (void *)(uintptr_t)wrong;
}

static void threads_do_not_disturb_each_other(void **state)
{
	struct names *names = names_new(1);
	pthread_t threads[LOOKERS];
	void *wrong;

	names_add(names, "/^r[0-9]+\\./", 0);
	assert_true(names_seal(names));
	for (int i = 0; i < LOOKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look, names), 0);
	for (int i = 0; i < LOOKERS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	names_free(names);
}

/* 255 bytes is what a name can have (RFC 1035 section 2.3.4). */
static void the_longest_name_matches_and_a_longer_one_does_not(void **state)
{
	struct names *names = names_new(1);
	uint64_t bits = 0;
	const char *longest = &LABEL256[1];

	assert_null(names_pattern_error(longest));
	names_add(names, longest, 0);
	names_add(names, "*bcdefg.*", 1);
	names_add(names, "*fg.", 2);
	names_seal(names);
	assert_int_equal(match(names, longest, &bits), 3);
	assert_int_equal(bits, 7);
	bits = 0;
	assert_int_equal(match(names, LABEL256, &bits), 0);
	assert_int_equal(bits, 0);
	names_free(names);
}

static void every_list_that_asks_is_told(void **state)
{
	static const struct {
		const char *pattern;
		uint16_t list;
	} patterns[] = {
		{"t.co", 0},
		{"t.co", 0}, /* twice */
		{"T.CO", 63},
		{"**.t.co", 0},
		{"*.t.co", 1},
		{"*t.co", 64},
		{"*t.co*", 65},
		{"*t.co*", 191},
		{"*twitter.com", 64},
		{"*itter.com", 64},
		{"**.com", 2},
	};
	static const struct {
		const char *name;
		unsigned matches;
		uint64_t bits[3];
	} rows[] = {
		/* exact on 0 and 63, any depth on 0, suffix on 64, contains on 65 and 191 */
		{"t.co", 6, {1ull << 63 | 1, 3, 1ull << 63}},
		/* any depth on 0, one label on 1, suffix on 64, contains on 65 and 191 */
		{"a.t.co", 5, {3, 3, 1ull << 63}},
		{"reddit.com", 3, {4, 2, 1ull << 63}},
		{"mytwitter.com", 3, {4, 1, 0}},
		{"example.org", 0, {0, 0, 0}},
	};
	struct names *names = names_new(1);

	for (size_t i = 0; i < COUNT(patterns); i++)
		names_add(names, patterns[i].pattern, patterns[i].list);
	names_seal(names);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t bits[3] = {0, 0, 0};

		print_message("%s\n", rows[i].name);
		assert_int_equal(match(names, rows[i].name, bits), rows[i].matches);
		assert_memory_equal(bits, rows[i].bits, sizeof(bits));
	}
	names_free(names);
}

static void bits_of_earlier_names_stay(void **state)
{
	struct names *names = names_new(1);
	uint64_t bits = 1ull << 40;

	names_add(names, "t.co", 3);
	names_seal(names);
	assert_int_equal(match(names, "example.org", &bits), 0);
	assert_int_equal(match(names, "t.co", &bits), 1);
	assert_int_equal(bits, 1ull << 40 | 1ull << 3);
	names_free(names);
}

static void an_empty_set_matches_nothing(void **state)
{
	struct names *names = names_new(1);
	uint64_t bits = 0;

	names_seal(names);
	assert_int_equal(match(names, "t.co", &bits), 0);
	assert_int_equal(bits, 0);
	names_free(names);
	names_free(NULL);
}

static void bytes_that_are_no_text_are_compared_too(void **state)
{
	static const uint8_t name[] = {'t', 0, 0xff, '.', 't', '.', 'c', 'o'};
	struct names *names = names_new(1);
	uint64_t bits = 0;

	names_add(names, "**.t.co", 0);
	names_add(names, "*.t.co", 1);
	names_add(names, "*t*", 2);
	names_seal(names);
	assert_int_equal(names_match(names, name, sizeof(name), &bits), 3);
	assert_int_equal(bits, 7);
	names_free(names);
}

/* As many as the longest host lists have, none of which may hide another. */
static void a_million_patterns(void **state)
{
	enum { MANY = 1000000 };
	static const char *const formats[] = {
		"site%u.example", "*.site%u.example", "**.site%u.example", "*-site%u.example"};
	struct names *names = names_new(1);
	char text[64];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), formats[i % 4], i);
		names_add(names, text, i % 4);
	}
	names_seal(names);
	for (unsigned i = 0; i < MANY; i += 97) {
		/* "a-siteN" is one label and ends with "-siteN"; "a.siteN" has a label more. */
		static const unsigned exact[] = {1, 0, 1, 0}, below[] = {0, 1, 1, 0},
				      joined[] = {0, 0, 0, 1};
		uint64_t bits = 0;

		snprintf(text, sizeof(text), "site%u.example", i);
		assert_int_equal(match(names, text, &bits), exact[i % 4]);
		snprintf(text, sizeof(text), "a.site%u.example", i);
		assert_int_equal(match(names, text, &bits), below[i % 4]);
		snprintf(text, sizeof(text), "a-site%u.example", i);
		assert_int_equal(match(names, text, &bits), joined[i % 4]);
		assert_int_equal(bits, 1 << i % 4);
	}
	names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_matches_what_it_says),
		cmocka_unit_test(what_is_no_pattern_says_why),
		cmocka_unit_test(what_is_no_regular_expression_says_why_and_where),
		cmocka_unit_test(any_number_of_substrings_finds_the_same),
		cmocka_unit_test(threads_do_not_disturb_each_other),
		cmocka_unit_test(the_longest_name_matches_and_a_longer_one_does_not),
		cmocka_unit_test(every_list_that_asks_is_told),
		cmocka_unit_test(bits_of_earlier_names_stay),
		cmocka_unit_test(an_empty_set_matches_nothing),
		cmocka_unit_test(bytes_that_are_no_text_are_compared_too),
		cmocka_unit_test(a_million_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
