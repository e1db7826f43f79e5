/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/rules.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A document beside a list that it names as $l. */
struct desk {
	char folder[SCRATCH_BYTES];
	char rules[SCRATCH_BYTES + 16], list[SCRATCH_BYTES + 16];
	struct failure failure;
	struct warnings warnings;
};

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void desk_begin(struct desk *desk)
{
	memset(desk, 0, sizeof(*desk));
	scratch_name(desk->folder, "lists");
	assert_non_null(mkdtemp(desk->folder));
	snprintf(desk->rules, sizeof(desk->rules), "%s/r.yaml", desk->folder);
	snprintf(desk->list, sizeof(desk->list), "%s/l", desk->folder);
}

static void desk_end(struct desk *desk)
{
	unlink(desk->rules);
	unlink(desk->list);
	rmdir(desk->folder);
}

/* `spec` follows "file: l" in the list's map; `when` is what the only rule says. */
static struct rules *load(struct desk *desk, const char *spec, const char *when, const char *list,
	size_t len, bool skip_bad)
{
	char document[512];
	struct rules *rules;

	snprintf(document, sizeof(document),
		"sluice: 1\nlists: {l: {file: l%s}}\nrules: [{id: a, when: {%s}}]\n", spec, when);
	write_file(desk->rules, document, strlen(document));
	write_file(desk->list, list, len);
	desk->failure = (struct failure){0};
	desk->warnings = (struct warnings){0};
	rules = (skip_bad ? rules_load_file_in_part : rules_load_file)(
		desk->rules, NULL, 0, &desk->failure);
	if (rules)
		rules_warn(rules, &desk->warnings);
	return rules;
}

static bool has(const struct rules *rules, const char *name)
{
	uint64_t bits = 0;

	return names_match(rules_compiled(rules)->names, (const uint8_t *)name, strlen(name),
		       &bits) > 0;
}

/* A-labels: IANA's names for tests of IDN (xn--r8jz45g.xn--zckzah, xn--e1afmkfd.xn--80akhbyknj4f),
 * UTS 46 section 4 (fa\xc3\x9f.de without transitional processing), and b\xc3\xbc" "cher of
 * RFC 3492's alphabet as every browser has it. */
static const struct {
	const char *spec, *list, *yes, *no;
} names[] = {
	{"", "t.co\n", "t.co", "a.t.co"},
	{"", "\xef\xbb\xbft.co\r\n# all\r\n\r\nu.co\r\n", "t.co", "# all"},
	{"", "a.example", "A.EXAMPLE", "a.example."}, /* a trailing dot counts */
	{"", "a.example.\n", "a.example.", "a.example"},
	{"", "*a.b*\n/^c[0-9]$/\n", "c7", "c77"},
	{", format: domains", ".a.example\n", "b.a.example", "ba.example"},
	{", format: hosts", "127.0.0.1 localhost\n0.0.0.0 a.example\n", "a.example", "localhost"},
	{", format: dnsmasq", "address=/a.example/\n", "b.a.example", "ba.example"},
	{"", "\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88\n",
		"xn--r8jz45g.xn--zckzah", "example.test"},
	{"",
		"**.\xd0\x9f\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80."
		"\xd0\xb8\xd1\x81\xd0\xbf\xd1\x8b\xd1\x82\xd0\xb0\xd0\xbd\xd0\xb8\xd0\xb5\n",
		"a.xn--e1afmkfd.xn--80akhbyknj4f", "xn--80akhbyknj4f"},
	{"", "fa\xc3\x9f.de\n", "xn--fa-hia.de", "fass.de"},
	{", format: hosts",
		"0.0.0.0 B\xc3\x9c"
		"CHER.example\n",
		"xn--bcher-kva.example", "bucher.example"},
};

static void test_names(void **state)
{
	struct desk desk;

	desk_begin(&desk);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct rules *rules = load(&desk, names[i].spec, "name: $l", names[i].list,
			strlen(names[i].list), false);

		if (!rules)
			fail_msg("%zu: %s", i, desk.failure.line);
		if (!has(rules, names[i].yes) || has(rules, names[i].no))
			fail_msg("%zu: %s: %d, %s: %d", i, names[i].yes, has(rules, names[i].yes),
				names[i].no, has(rules, names[i].no));
		rules_free(rules);
	}
	desk_end(&desk);
}

#define SIXTY_THREE "a23456789b23456789c23456789d23456789e23456789f23456789g234567"

/* The place (lines and columns counted by hand, columns in bytes) and a part of what is said; with
 * --skip-bad the good line before it stays. */
static const struct {
	const char *spec, *when, *list;
	size_t len; /* 0: as the text */
	const char *place, *why;
} bad[] = {
	{"", "name: $l", "t.co\n  a.*.b\n", 0, "l:2:3: ", "is not a name pattern"},
	{"", "name: $l", "t.co\na\0b\n", 9, "l:2:2: ", "has a control character"},
	{"", "name: $l", "t.co\nab\xff\n", 0, "l:2:3: ", "is not UTF-8"},
	{"", "name: $l", "t.co\n\xc0\x80\n", 0, "l:2:1: ", "is not UTF-8"},
	{"", "name: $l", "t.co\n\n" SIXTY_THREE "890.x\n", 0,
		"l:3:1: ", "a label of more than 63 characters"},
	{"", "name: $l", "t.co\n/a(/\n", 0, "l:2:", "is not a regular expression"},
	{"", "name: $l", "t.co\n*\xc3\xbc.x*\n", 0, "l:2:1: ", "part of a label beyond ASCII"},
	{"", "name: $l", "t.co\n-\xc3\xbc-.x\n", 0, "l:2:1: ", "is not a name pattern"},
	{", format: hosts", "name: $l", "0.0.0.0 t.co\n0.0.0.0 https://x/\n", 0,
		"l:2:9: ", "is not a name pattern"},
	{", format: hosts", "name: $l", "0.0.0.0 t.co\nx.y\n", 0, "l:2:1: ", "the line is no line"},
	{"", "server: $l", "10.0.0.0/8\n10.0.0.1/8\n", 0, "l:2:1: ", "is not a prefix"},
	{", format: prefixes", "server: $l", "A 10.0.0.0/8\nA 10.0.0.0/33\n", 0,
		"l:2:3: ", "is not a prefix"},
};

static void test_bad(void **state)
{
	struct desk desk;

	desk_begin(&desk);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t len = bad[i].len ? bad[i].len : strlen(bad[i].list);
		struct rules *rules =
			load(&desk, bad[i].spec, bad[i].when, bad[i].list, len, false);

		assert_null(rules);
		if (!strstr(desk.failure.line, bad[i].place) ||
			!strstr(desk.failure.line, bad[i].why))
			fail_msg("%zu: %s", i, desk.failure.line);
		rules = load(&desk, bad[i].spec, bad[i].when, bad[i].list, len, true);
		if (!rules)
			fail_msg("%zu: skipped: %s", i, desk.failure.line);
		assert_int_equal(desk.warnings.count, 2);
		assert_string_equal(
			desk.warnings.text[0], "1 bad line of list files skipped (--skip-bad)");
		assert_non_null(strstr(desk.warnings.text[1], bad[i].place));
		assert_non_null(strstr(desk.warnings.text[1], bad[i].why));
		if (strstr(bad[i].when, "name"))
			assert_true(has(rules, "t.co"));
		rules_free(rules);
	}
	desk_end(&desk);
}

/* 62 digits and letters and one more are a label; the bad rows above have 64. */
static void test_longest_label(void **state)
{
	struct desk desk;
	struct rules *rules;

	assert_int_equal(strlen(SIXTY_THREE "89"), 63);
	desk_begin(&desk);
	rules = load(&desk, "", "name: $l", SIXTY_THREE "89.x\n", 66, false);
	assert_non_null(rules);
	assert_true(has(rules, SIXTY_THREE "89.x"));
	rules_free(rules);
	desk_end(&desk);
}

/* A line that two rules meet is counted once. A list of nothing but bad lines is an empty one. */
static void test_skipped_once(void **state)
{
	struct desk desk;
	struct rules *rules;

	desk_begin(&desk);
	rules = load(&desk, "", "tls.sni: $l}}, {id: b, when: {http.host: $l", "a b\nt.co\nc d\n",
		13, true);
	if (!rules)
		fail_msg("%s", desk.failure.line);
	assert_string_equal(
		desk.warnings.text[0], "2 bad lines of list files skipped (--skip-bad)");
	assert_int_equal(desk.warnings.count, 3);
	rules_free(rules);
	assert_null(load(&desk, "", "name: $l", "a b\n", 4, true));
	assert_non_null(strstr(desk.failure.line, "name is an empty list"));
	desk_end(&desk);
}

static uint32_t prefixes_with(struct desk *desk, const char *spec)
{
	static const char list[] = "AS64496 192.0.2.0/24 2001:db8::/32\n"
				   "AS64497 198.51.100.0/24\nAS64496 203.0.113.0/24\n";
	struct rules *rules = load(desk, spec, "server: $l", list, sizeof(list) - 1, false);
	const struct ruleset *set;
	uint32_t count;

	if (!rules)
		return 0;
	set = rules_compiled(rules);
	count = (uint32_t)prefixes_count(set->conditions[set->rules[0].condition].prefixes);
	rules_free(rules);
	return count;
}

static void test_named_prefixes(void **state)
{
	struct desk desk;

	desk_begin(&desk);
	assert_int_equal(prefixes_with(&desk, ", format: prefixes"), 4);
	assert_int_equal(prefixes_with(&desk, ", format: prefixes, only: [AS64496]"), 3);
	assert_int_equal(prefixes_with(&desk, ", format: prefixes, only: [AS64497]"), 1);
	assert_int_equal(prefixes_with(&desk, ", format: prefixes, only: [AS64498]"), 0);
	assert_non_null(strstr(desk.failure.line, "has the name \"AS64498\""));
	assert_int_equal(prefixes_with(&desk, ", only: [AS64498]"), 0);
	assert_non_null(strstr(desk.failure.line, "only the format prefixes has names"));
	assert_int_equal(prefixes_with(&desk, ", format: prefxes"), 0);
	assert_non_null(strstr(desk.failure.line, "did you mean \"prefixes\""));
	desk_end(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_longest_label),
		cmocka_unit_test(test_skipped_once),
		cmocka_unit_test(test_named_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
