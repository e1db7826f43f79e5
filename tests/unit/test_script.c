/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/virtual/script_words.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *text;
	size_t step; /* which one the rest is about */
	enum script_verb verb;
	uint64_t count, amount;
} good[] = {
	{"hello", 0, SCRIPT_HELLO, 0, 0},
	{"  hello   sni=t.co ", 0, SCRIPT_HELLO, 0, 0},
	{"garbage 101B; hello sni=t.co; download 383kB", 2, SCRIPT_DOWNLOAD, 0, 383000},
	{"garbage 101B", 0, SCRIPT_GARBAGE, 1, 101},
	{"garbage", 0, SCRIPT_GARBAGE, 1, 101},
	{"hello sni=a; 13 records; hello sni=t.co", 1, SCRIPT_RECORDS, 13, 200},
	{"wait 590s", 0, SCRIPT_WAIT, 0, 590000000000},
	{"idle 11min", 0, SCRIPT_WAIT, 0, 660000000000},
	{"ssh banner; download 1MB", 0, SCRIPT_SSH, 0, 0},
	{"ssh", 0, SCRIPT_SSH, 0, 0},
	{"udp download 1MB", 0, SCRIPT_UDP_DOWNLOAD, 0, 1000000},
	{"quic initial sni=a", 0, SCRIPT_QUIC_INITIAL, 1, 0},
	{"12 openvpn tcp", 0, SCRIPT_OPENVPN, 12, 0},
	{"openvpn", 0, SCRIPT_OPENVPN, 10, 0},
	{"http connect host=t.co:443", 0, SCRIPT_HTTP_CONNECT, 0, 0},
	{"http host=t.co", 0, SCRIPT_HTTP, 0, 0},
	{"upload 64B writes=2B every=50ms", 0, SCRIPT_UPLOAD, 0, 64},
};

static void test_good(void **state)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct script_mistake mistake;
		struct script *script = script_parse(good[i].text, &mistake);
		const struct script_step *step;

		if (!script)
			fail_msg("%s: column %zu: %s", good[i].text, mistake.column, mistake.why);
		step = &script->steps[good[i].step];
		assert_true(good[i].step < script->count);
		assert_int_equal(step->verb, good[i].verb);
		assert_int_equal(step->count, good[i].count);
		assert_int_equal(step->amount, good[i].amount);
		script_free(script);
	}
}

static const struct {
	const char *text;
	size_t column;
	const char *why; /* part of it */
} bad[] = {
	{"", 1, "a step is missing here"},
	{"hello;", 7, "a step is missing here"},
	{"; hello", 1, "a step is missing here"},
	{"2 flows:", 9, "a step is missing here"},
	{"helo sni=t.co", 1, "unknown step \"helo\", did you mean \"hello\"? allowed: link"},
	{"hello; donwload 383kB", 8, "did you mean \"download\"?"},
	{"quic inital sni=a", 1, "did you mean \"quic initial\"?"},
	{"hello snl=t.co", 7, "unknown word of hello \"snl\", did you mean \"sni\"?"},
	{"hello rtt=1ms", 7, "unknown word of hello \"rtt\""},
	{"hello sni=a sni=b", 13, "sni is given twice"},
	{"hello sni", 7, "sni needs a value: sni=..."},
	{"hello ech=yes", 7, "ech has no value"},
	{"download", 9, "download needs an amount of bytes after it, as in 383kB"},
	{"download 383", 10, "\"383\" has no unit"},
	{"download 0B", 10, "is out of bounds: 1B to 1000000000B"},
	{"garbage 20kB", 9, "is out of bounds: 1B to 16000B"},
	{"wait 10 s", 6, "\"10\" has no unit"},
	{"wait 600s sni=a", 11, "wait has no more words after it"},
	{"3 hello", 1, "hello has no number before it"},
	{"0 records", 1, "is out of bounds: 1 to 20000"},
	{"99999999999999999999 records", 1, "is too large"},
	{"13", 3, "what there are 13 of is missing"},
	{"hello; link rtt=20ms", 8, "link is the first step or none"},
	{"link rtt=20", 10, "rtt: \"20\" has no unit"},
	{"link cc=cubik", 9,
		"unknown cc \"cubik\", did you mean \"cubic\"? allowed: cubic, reno, bbr"},
	{"link at=yesterday", 9, "is no time: 2021-03-20"},
	{"link client=10.0.0", 13, "is no address"},
	{"rst from=sever", 10, "did you mean \"server\"?"},
	{"20001 flows: hello", 1, "is out of bounds: 1 to 20000"},
};

static void test_bad(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct script_mistake mistake;
		struct script *script = script_parse(bad[i].text, &mistake);

		if (script)
			fail_msg("%s: taken", bad[i].text);
		if (!strstr(mistake.why, bad[i].why) || mistake.column != bad[i].column)
			fail_msg("%s: column %zu: %s", bad[i].text, mistake.column, mistake.why);
	}
}

static void test_prefixes(void **state)
{
	struct script_mistake mistake;
	struct script *script = script_parse("from outside: 12 flows: hello sni=a", &mistake);

	assert_non_null(script);
	assert_true(script->outside);
	assert_int_equal(script->flows, 12);
	assert_string_equal(script->steps[0].text[SCRIPT_KEY_SNI], "a");
	script_free(script);
}

/* Seconds since the epoch of 2021-03-20 00:00: 18706 days (date -u -d 2021-03-20 +%s). */
static void test_values(void **state)
{
	struct script_mistake mistake;
	struct script *script = script_parse("link rtt=100ms rate=1.5Mbit/s cc=reno "
					     "at=2021-03-20T08:30 loss=25%; "
					     "connect same=4-tuple server=2001:db8::1 port=8443; "
					     "random ones=3.4",
		&mistake);
	const struct script_step *link;

	assert_non_null(script);
	link = &script->steps[0];
	assert_int_equal(link->value[SCRIPT_KEY_RTT], 100000000);
	assert_int_equal(link->value[SCRIPT_KEY_RATE], 1500000);
	assert_int_equal(link->value[SCRIPT_KEY_CC], SCRIPT_CC_RENO);
	assert_int_equal(link->value[SCRIPT_KEY_AT], 18706ull * 86400 + 8 * 3600 + 30 * 60);
	assert_int_equal(link->value[SCRIPT_KEY_LOSS], 1ull << 62);
	assert_false(script_has(link, SCRIPT_KEY_MSS));
	assert_int_equal(script->steps[1].value[SCRIPT_KEY_SAME], SCRIPT_SAME_TUPLE);
	assert_int_equal(script->steps[1].value[SCRIPT_KEY_PORT], 8443);
	assert_int_equal(script->steps[2].value[SCRIPT_KEY_ONES], 3400000000);
	script_free(script);
}

/* Every row has its word, its help, and a key that some verb takes. */
static void test_tables(void **state)
{
	uint64_t used = 0;

	for (int verb = 0; verb < SCRIPT_VERBS; verb++) {
		assert_non_null(script_verbs[verb].word);
		assert_non_null(script_verbs[verb].help);
		used |= script_verbs[verb].keys;
	}
	for (int key = 0; key < SCRIPT_KEYS; key++) {
		assert_non_null(script_keys[key].word);
		assert_non_null(script_keys[key].help);
		assert_true(used >> key & 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
