/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "control/redis_address.h"

static const struct {
	const char *text;
	struct redis_address address;
} good[] = {
	{"redis://127.0.0.1", {.host = "127.0.0.1", .port = 6379}},
	{"redis://redis.lab:6380", {.host = "redis.lab", .port = 6380}},
	{"redis://redis.lab/", {.host = "redis.lab", .port = 6379}},
	{"redis://redis.lab/15", {.host = "redis.lab", .port = 6379, .database = 15}},
	{"redis://sluice@redis.lab:1/2",
		{.host = "redis.lab", .user = "sluice", .port = 1, .database = 2}},
	{"redis://[2001:db8::1]", {.host = "2001:db8::1", .port = 6379}},
	{"redis://[::1]:65535/3", {.host = "::1", .port = 65535, .database = 3}},
	{"rediss://redis.lab", {.host = "redis.lab", .port = 6379, .tls = true}},
	{"unix:///run/redis.sock", {.path = "/run/redis.sock"}},
	{"unix:///run/redis.sock?db=4", {.path = "/run/redis.sock", .database = 4}},
	{"unix://sluice@/run/redis.sock", {.path = "/run/redis.sock", .user = "sluice"}},
};

static const char *const bad[] = {
	"",
	"127.0.0.1",
	"http://127.0.0.1",
	"redis:/127.0.0.1",
	"redis://",
	"redis://:6379",
	"redis://@",
	"redis://user:secret@127.0.0.1",
	"redis://127.0.0.1:0",
	"redis://127.0.0.1:65536",
	"redis://127.0.0.1:",
	"redis://127.0.0.1:6379x",
	"redis://127.0.0.1/-1",
	"redis://127.0.0.1/65536",
	"redis://127.0.0.1/1/2",
	"redis://[::1",
	"redis://[]",
	"unix://",
	"unix:///run/redis.sock?db=",
	"unix:///run/redis.sock?db=x",
};

static void addresses(void **state)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct redis_address *expected = &good[i].address;
		struct failure failure = {0};
		struct redis_address found;

		memset(&found, 0xff, sizeof(found));
		if (!redis_address_parse(good[i].text, &found, &failure))
			fail_msg("%s: %s", good[i].text, failure.line);
		assert_string_equal(found.host, expected->host);
		assert_string_equal(found.path, expected->path);
		assert_string_equal(found.user, expected->user);
		if (*expected->host)
			assert_int_equal(found.port, expected->port);
		assert_int_equal(found.database, expected->database);
		assert_int_equal(found.tls, expected->tls);
	}
}

static void not_addresses(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct failure failure = {0};
		struct redis_address found;

		if (redis_address_parse(bad[i], &found, &failure))
			fail_msg("%s was read", bad[i]);
		assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
		assert_null(strstr(failure.line, "secret"));
	}
}

/* As long as there is room for, and one more. */
static void long_ones(void **state)
{
	char text[700] = "redis://";
	struct failure failure = {0};
	struct redis_address found;

	memset(text + 8, 'a', REDIS_HOST_SIZE - 1);
	assert_true(redis_address_parse(text, &found, &failure));
	assert_int_equal(strlen(found.host), REDIS_HOST_SIZE - 1);
	memset(text + 8, 'a', REDIS_HOST_SIZE);
	assert_false(redis_address_parse(text, &found, &failure));
	memset(text, 0, sizeof(text));
	strcpy(text, "unix:///");
	memset(text + 8, 'a', REDIS_PATH_SIZE - 2);
	assert_true(redis_address_parse(text, &found, &failure));
	memset(text + 8, 'a', REDIS_PATH_SIZE - 1);
	assert_false(redis_address_parse(text, &found, &failure));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(not_addresses),
		cmocka_unit_test(long_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
