/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/socks.h"
#include "tests/unit/hex.h"

struct row {
	const char *what, *bytes;
	bool is;
};

/* Field layouts: RFC 1928 section 3; "SOCKS: A protocol for TCP proxy across firewalls" (version 4)
 * and its extension 4A, both by Ying-Da Lee. 66 6f 6f is the user id "foo", 10.0.0.1 port 80. */
static const struct row rows[] = {
	{"nothing", "", false},
	{"5: one method", "05 01 00", true},
	{"5: two methods", "05 02 00 02", true},
	{"5: no methods", "05 00", false},
	{"5: a method missing", "05 02 00", false},
	{"5: a byte too many", "05 01 00 00", false},
	{"5: a version alone", "05", false},
	{"5: a request is not a greeting", "05 01 00 01 0a000001 0050", false},
	{"4: CONNECT without user", "04 01 0050 0a000001 00", true},
	{"4: CONNECT with user", "04 01 0050 0a000001 666f6f 00", true},
	{"4: BIND", "04 02 0050 0a000001 666f6f 00", true},
	{"4: no such command", "04 03 0050 0a000001 666f6f 00", false},
	{"4: a reply", "00 5a 0050 0a000001", false},
	{"4: without its zero", "04 01 0050 0a000001 666f6f", false},
	{"4: ends before the user", "04 01 0050 0a000001", false},
	{"4: ends in the address", "04 01 0050 0a00", false},
	{"4: a byte after the zero", "04 01 0050 0a000001 666f6f 00 61", false},
	{"4: address 0.0.0.0 is not 4a", "04 01 0050 00000000 00", true},
	{"4: 0.0.1.1 is not 4a", "04 01 0050 00000101 00", true},
	{"4a: a name", "04 01 0050 00000001 666f6f 00 612e62 00", true},
	{"4a: a name, no user", "04 01 0050 000000ff 00 612e62 00", true},
	{"4a: name without its zero", "04 01 0050 00000001 00 612e62", false},
	{"4a: empty name", "04 01 0050 00000001 00 00", false},
	{"4a: name missing", "04 01 0050 00000001 00", false},
	{"4a: a byte after the name", "04 01 0050 00000001 00 612e62 00 00", false},
	{"6", "06 01 00", false},
	{"TLS record", "16 03 01 00 01", false},
};

static void greetings(void **state)
{
	uint8_t bytes[64], *copy;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t len = hex_bytes(rows[i].bytes, bytes, sizeof(bytes));

		copy = malloc(len); /* its exact size, so that a sanitizer sees a read beyond */
		memcpy(copy, bytes, len);
		if (socks_is_greeting((struct span){copy, len}) != rows[i].is)
			fail_msg("%s: is %sa greeting", rows[i].what, rows[i].is ? "" : "not ");
		free(copy);
	}
}

static void longest_method_list(void **state)
{
	uint8_t bytes[257] = {5, 255};

	assert_true(socks_is_greeting((struct span){bytes, 257}));
	assert_false(socks_is_greeting((struct span){bytes, 256}));
}

/* A dialogue: '>' from the client, '<' from the server, with what is found after each. */
struct dialogue {
	const char *what;
	struct {
		char from;
		const char *bytes;
		enum finding finding;
	} steps[5];
	const char *target;
};

#define NO  FINDING_IS_NOT
#define YET FINDING_NOT_YET
#define IS  FINDING_IS

/* RFC 1928 sections 3, 4 and 6, RFC 1929 section 2; the memo's reply: 0, 90 to 93, port, address.
 */
static const struct dialogue dialogues[] = {
	{"5: a name",
		{{'>', "05 01 00", YET}, {'<', "05 00", YET},
			{'>', "05 01 00 03 03 612e62 01bb", IS}},
		"a.b"},
	{"5: an address",
		{{'>', "05 01 00", YET}, {'<', "05 00", YET},
			{'>', "05 01 00 01 0a000001 01bb", IS}},
		""},
	{"5: an IPv6 address",
		{{'>', "05 01 00", YET}, {'<', "05 00", YET},
			{'>', "05 01 00 04 20010db8000000000000000000000001 01bb", IS}},
		""},
	{"5: with a password",
		{{'>', "05 01 02", YET}, {'<', "05 02", YET}, {'>', "01 01 61 01 62", YET},
			{'<', "01 00", YET}, {'>', "05 01 00 03 01 61 0050", IS}},
		"a"},
	{"5: a server first", {{'<', "05 01 00", NO}, {'>', "05 01 00", NO}}, ""},
	{"5: no answer", {{'>', "05 01 00", YET}, {'>', "05 01 00 03 01 61 0050", NO}}, ""},
	{"5: an answer of version 4", {{'>', "05 01 00", YET}, {'<', "04 00", NO}}, ""},
	{"5: two answers", {{'>', "05 01 00", YET}, {'<', "05 00", YET}, {'<', "05 00", NO}}, ""},
	{"5: command 4",
		{{'>', "05 01 00", YET}, {'<', "05 00", YET},
			{'>', "05 04 00 01 0a000001 01bb", NO}},
		""},
	{"5: type 2",
		{{'>', "05 01 00", YET}, {'<', "05 00", YET},
			{'>', "05 01 00 02 0a000001 01bb", NO}},
		""},
	{"5: no port",
		{{'>', "05 01 00", YET}, {'<', "05 00", YET}, {'>', "05 01 00 01 0a000001", NO}},
		""},
	{"5: an empty name",
		{{'>', "05 01 00", YET}, {'<', "05 00", YET}, {'>', "05 01 00 03 00 01bb", NO}},
		""},
	{"4: granted", {{'>', "04 01 0050 0a000001 00", YET}, {'<', "00 5a 0000 00000000", IS}},
		""},
	{"4: refused", {{'>', "04 01 0050 0a000001 00", YET}, {'<', "00 5b 0000 00000000", IS}},
		""},
	{"4: no such reply",
		{{'>', "04 01 0050 0a000001 00", YET}, {'<', "00 5e 0000 00000000", NO}}, ""},
	{"4: half a reply", {{'>', "04 01 0050 0a000001 00", YET}, {'<', "00 5a 0000", NO}}, ""},
	{"4a: at once", {{'>', "04 01 0050 00000001 00 612e62 00", IS}}, "a.b"},
	{"4a: over",
		{{'>', "04 01 0050 00000001 00 612e62 00", IS}, {'<', "00 5a 0000 00000000", NO}},
		"a.b"},
};

static void targets(void **state)
{
	for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
		const struct dialogue *dialogue = &dialogues[i];
		struct socks socks = {0};

		for (size_t step = 0; step < 5 && dialogue->steps[step].from; step++) {
			uint8_t bytes[64];
			uint32_t len = hex_bytes(dialogue->steps[step].bytes, bytes, sizeof(bytes));
			struct span target;
			enum finding got = socks_look(&socks, (struct span){bytes, len},
				dialogue->steps[step].from == '>', &target);

			if (got != dialogue->steps[step].finding)
				fail_msg("%s: step %zu: %d", dialogue->what, step + 1, got);
			if (got != FINDING_IS)
				continue;
			assert_int_equal(target.len, strlen(dialogue->target));
			if (target.len)
				assert_memory_equal(target.data, dialogue->target, target.len);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(greetings),
		cmocka_unit_test(longest_method_list),
		cmocka_unit_test(targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
