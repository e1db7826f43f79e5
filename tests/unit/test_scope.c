/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The rules of the design, section 3, on both sides of each limit. */
static const struct {
	const char *text;
	const char *says; /* NULL: good */
} rows[] = {
	/* private, documentation and benchmark ranges as they are, and parts of them */
	{"10.0.0.0/8", NULL},
	{"10.7.0.0/16", NULL},
	{"10.1.2.3", NULL},
	{"172.16.0.0/12", NULL},
	{"192.168.0.0/16", NULL},
	{"100.64.0.0/10", NULL},
	{"192.0.2.0/24", NULL},
	{"198.51.100.0/24", NULL},
	{"203.0.113.0/24", NULL},
	{"198.18.0.0/15", NULL},
	{"127.0.0.0/8", NULL},
	{"169.254.0.0/16", NULL},
	{"fc00::/7", NULL},
	{"fd12:3456::/32", NULL},
	{"fe80::/10", NULL},
	{"2001:db8::/32", NULL},
	{"2001:2::/48", NULL},
	{"::1", NULL},
	{"10.0.0.0/8,fd00::/8,192.0.2.7", NULL},
	/* public ones must be /16 or /32, or longer */
	{"93.184.0.0/16", NULL},
	{"93.184.216.34", NULL},
	{"93.184.0.0/15", "/16 or longer"},
	{"93.0.0.0/8", "/16 or longer"},
	{"2a00:1450::/32", NULL},
	{"2a00:1450:4001::/48", NULL},
	{"2a00:1450::/31", "/32 or longer"},
	{"2000::/3", "/32 or longer"},
	/* wider than a range is not of it */
	{"10.0.0.0/7", "/16 or longer"},
	{"172.16.0.0/11", "host bits"},
	{"172.0.0.0/11", "/16 or longer"},
	{"198.16.0.0/14", "/16 or longer"},
	{"fc00::/6", "/32 or longer"},
	{"2001:db8::/31", "/32 or longer"},
	/* never everything */
	{"0.0.0.0/0", "default route"},
	{"::/0", "default route"},
	{"0.0.0.0/1", "/16 or longer"},
	{"10.0.0.0/8,0.0.0.0/0", "default route"},
	{"128.0.0.0/1", "/16 or longer"},
	/* not a prefix */
	{"", ""},
	{"10.0.0.0/8,", ""},
	{"10.0.0.0/33", ""},
	{"10.0.0.1/8", ""},
	{"lab", ""},
};

static void test_scopes(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *values[] = {rows[i].text};
		struct option_list list = {values, 1};
		struct failure failure = {0};
		struct scope scope = {0};
		bool good = scope_read(&scope, "--scope", &list, &failure);

		if (good != !rows[i].says)
			fail_msg("%s: %s", rows[i].text, good ? "taken" : failure.line);
		if (!good && strcmp(rows[i].says, "host bits") != 0 &&
			!strstr(failure.line, rows[i].says))
			fail_msg("%s: %s", rows[i].text, failure.line);
		assert_int_equal(failure.exit_code, good ? 0 : EXIT_BAD_INPUT);
		scope_free(&scope);
	}
}

static void test_nothing_is_refused(void **state)
{
	struct option_list none = {NULL, 0};
	struct failure failure = {0};
	struct scope scope = {0};

	assert_false(scope_read(&scope, "--scope", &none, &failure));
	assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
	assert_non_null(strstr(failure.line, "--scope is needed"));
	scope_free(&scope);
}

static void test_inside_lies_within(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} insides[] = {
		{"10.7.1.0/24", true},
		{"10.7.0.0/16", true},
		{"10.0.0.0/8", false},
		{"10.8.0.1", false},
		{"10.7.1.0/24,10.8.0.1", false},
		{"2001:db8:7::1", true},
		{"2001:db8:8::1", false},
		{"0.0.0.0/0", false},
	};
	const char *values[] = {"10.7.0.0/16", "2001:db8:7::/48"};
	struct option_list list = {values, 2};
	struct failure failure = {0};
	struct scope scope = {0};

	assert_true(scope_read(&scope, "--scope", &list, &failure));
	assert_int_equal(scope.count, 2);
	for (size_t i = 0; i < sizeof(insides) / sizeof(insides[0]); i++) {
		const char *one[] = {insides[i].text};
		struct option_list given = {one, 1};
		struct scope inside = {0};
		struct failure refusal = {0};

		if (scope_read_within(&inside, "--inside", &given, &scope, &refusal) !=
			insides[i].good)
			fail_msg("%s: %s", insides[i].text, refusal.line);
		scope_free(&inside);
	}
	scope_free(&scope);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_nothing_is_refused),
		cmocka_unit_test(test_inside_lies_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
