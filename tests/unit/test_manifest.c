/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/manifest.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char *const arguments[] = {(char *)"replay", (char *)"in.pcap", (char *)"--model",
	(char *)"ru-twitter-2021", (char *)"caf\xc3\xa9", (char *)"bad\xff\n", NULL};

static struct manifest *begin(void)
{
	return manifest_begin("replay", 6, (char **)arguments);
}

/* The file's bytes as well as what they say; the caller frees both. */
static json_t *write_and_read(
	const struct manifest *manifest, const struct warnings *warnings, char **bytes)
{
	char path[SCRATCH_BYTES];
	struct failure failure = {0};
	json_error_t error;
	json_t *json;
	size_t size = 1 << 16, len;
	FILE *file;

	scratch_name(path, "manifest");
	close(mkstemp(path));
	if (!manifest_write(manifest, warnings, path, &failure))
		fail_msg("%s", failure.line);
	file = fopen(path, "r");
	*bytes = calloc(1, size);
	len = fread(*bytes, 1, size - 1, file);
	fclose(file);
	unlink(path);
	json = json_loadb(*bytes, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("line %d: %s", error.line, error.text);
	return json;
}

static const char *text_at(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "(none)";
}

static void assert_texts(const json_t *array, const char *const *texts, size_t count)
{
	assert_int_equal(json_array_size(array), count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(json_string_value(json_array_get(array, i)), texts[i]);
}

/* The keys of the header in its order, although they are set in another one. */
static void test_order_of_keys(void **state)
{
	static const char *const expected[] = {"sluice", "command", "arguments", "seed", "started",
		"seconds", "clock", "libraries", "host", "inputs", "rules", "results", "bins",
		"warnings"};
	struct manifest *manifest = begin();
	struct warnings warnings = {0};
	char *bytes;
	const char *key;
	json_t *json, *value;
	size_t at = 0;

	manifest_set(manifest, "bins", json_integer(100));
	manifest_set(manifest, "results", json_object());
	manifest_set(manifest, "rules", json_object());
	manifest_seed(manifest, 7);
	json = write_and_read(manifest, &warnings, &bytes);
	json_object_foreach(json, key, value) assert_string_equal(key, expected[at++]);
	assert_int_equal(at, sizeof(expected) / sizeof(expected[0]));
	json_decref(json);
	free(bytes);
	manifest_free(manifest);
}

static void test_layout(void **state)
{
	struct manifest *manifest = begin();
	struct warnings warnings = {0};
	char *bytes;

	json_decref(write_and_read(manifest, &warnings, &bytes));
	assert_ptr_equal(strstr(bytes, "{\n  \"sluice\": "), bytes);
	assert_string_equal(bytes + strlen(bytes) - 3, "\n}\n");
	/* Nobody has set them. */
	assert_null(strstr(bytes, "\"seed\""));
	assert_null(strstr(bytes, "\"rules\""));
	assert_null(strstr(bytes, "null"));
	free(bytes);
	manifest_free(manifest);
}

static void test_what_is_noted(void **state)
{
	static const char *const expected_arguments[] = {
		"in.pcap", "--model", "ru-twitter-2021", "caf\xc3\xa9", "bad\xef\xbf\xbd\n"};
	static const char *const libraries[] = {
		"ndpi", "libpcap", "libfyaml", "jansson", "openssl"};
	struct manifest *manifest = begin();
	struct warnings warnings = {0};
	struct utsname host;
	char *bytes;
	json_t *json, *part;

	json = write_and_read(manifest, &warnings, &bytes);
	assert_string_equal(text_at(json, "sluice"), SLUICE_VERSION);
	assert_string_equal(text_at(json, "command"), "replay");
	assert_string_equal(text_at(json, "clock"), "capture");
	assert_texts(json_object_get(json, "arguments"), expected_arguments, 5);
	part = json_object_get(json, "libraries");
	assert_int_equal(json_object_size(part), 5);
	for (size_t i = 0; i < 5; i++)
		assert_non_null(strpbrk(text_at(part, libraries[i]), "0123456789"));
	part = json_object_get(json, "host");
	uname(&host);
	assert_string_equal(text_at(part, "kernel"), host.release);
	assert_string_equal(text_at(part, "machine"), host.machine);
	assert_true(json_integer_value(json_object_get(part, "cpus")) >= 1);
	json_decref(json);
	free(bytes);
	manifest_free(manifest);
}

static void test_started_is_utc(void **state)
{
	struct warnings warnings = {0};
	struct manifest *manifest;
	time_t before, started;
	struct tm utc = {0};
	char *bytes;
	const char *end;
	json_t *json;

	setenv("TZ", "XYZ-9", 1); /* nine hours ahead of UTC, without daylight saving */
	tzset();
	before = time(NULL);
	manifest = begin();
	json = write_and_read(manifest, &warnings, &bytes);
	end = strptime(text_at(json, "started"), "%Y-%m-%dT%H:%M:%SZ", &utc);
	assert_non_null(end);
	assert_string_equal(end, "");
	started = timegm(&utc);
	assert_true(started >= before && started <= before + 60);
	json_decref(json);
	free(bytes);
	manifest_free(manifest);
	unsetenv("TZ");
	tzset();
}

static void test_seconds_pass(void **state)
{
	struct manifest *manifest = begin();
	struct warnings warnings = {0};
	double seconds;
	char *bytes;
	json_t *json;

	usleep(20000);
	json = write_and_read(manifest, &warnings, &bytes);
	seconds = json_real_value(json_object_get(json, "seconds"));
	assert_true(seconds >= 0.02 && seconds < 60);
	json_decref(json);
	free(bytes);
	manifest_free(manifest);
}

static void test_seeds(void **state)
{
	static const struct {
		uint64_t seed;
		const char *written;
	} rows[] = {
		{0, "\"seed\": 0,"},
		{9007199254740993, "\"seed\": 9007199254740993,"},        /* 2^53 + 1 */
		{9223372036854775807u, "\"seed\": 9223372036854775807,"}, /* 2^63 - 1 */
		{9223372036854775808u, "\"seed\": \"9223372036854775808\","},
		{18446744073709551615u, "\"seed\": \"18446744073709551615\","},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct manifest *manifest = begin();
		struct warnings warnings = {0};
		char *bytes;

		manifest_seed(manifest, 1); /* the last one counts */
		manifest_seed(manifest, rows[i].seed);
		json_decref(write_and_read(manifest, &warnings, &bytes));
		assert_non_null(strstr(bytes, rows[i].written));
		free(bytes);
		manifest_free(manifest);
	}
}

static void test_inputs_and_warnings(void **state)
{
	static const char *const expected[] = {
		"b.pcap is cut short", "half a character \xef\xbf\xbd"};
	struct manifest *manifest = begin();
	struct warnings warnings = {0};
	json_t *json, *inputs, *input;
	char *bytes;

	manifest_input(manifest, "a.pcap", 0, "00");
	manifest_input(manifest, "b.pcap", 1ull << 40, "11");
	warnings_add(&warnings, "%s is cut short", "b.pcap");
	warnings_add(&warnings, "half a character \xc3");
	json = write_and_read(manifest, &warnings, &bytes);
	inputs = json_object_get(json, "inputs");
	assert_int_equal(json_array_size(inputs), 2);
	assert_string_equal(text_at(json_array_get(inputs, 0), "path"), "a.pcap");
	input = json_array_get(inputs, 1);
	assert_string_equal(text_at(input, "path"), "b.pcap");
	assert_string_equal(text_at(input, "sha256"), "11");
	assert_int_equal(json_integer_value(json_object_get(input, "bytes")), 1099511627776);
	assert_texts(json_object_get(json, "warnings"), expected, 2);
	json_decref(json);
	free(bytes);
	manifest_free(manifest);
}

static void test_cannot_be_written(void **state)
{
	static const struct {
		const char *path, *line;
	} rows[] = {
		{"/dev/full", "/dev/full: No space left on device"},
		{"/nonexistent/run.json", "/nonexistent/run.json: No such file or directory"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct manifest *manifest;
		struct warnings warnings = {0};
		struct failure failure = {0};

		if (strcmp(rows[i].path, "/dev/full") == 0 && access(rows[i].path, F_OK) != 0)
			continue; /* a bare chroot */
		manifest = begin();
		assert_false(manifest_write(manifest, &warnings, rows[i].path, &failure));
		assert_int_equal(failure.exit_code, EXIT_REFUSED);
		assert_string_equal(failure.line, rows[i].line);
		manifest_free(manifest);
	}
}

/* NIST, "Examples with Intermediate Values" to FIPS 180-4: SHA-256 of nothing, of one block and of
 * two. */
static void test_sha256(void **state)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	char hex[65];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		manifest_sha256(rows[i].text, strlen(rows[i].text), hex);
		assert_string_equal(hex, rows[i].hex);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_keys),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_what_is_noted),
		cmocka_unit_test(test_started_is_utc),
		cmocka_unit_test(test_seconds_pass),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_inputs_and_warnings),
		cmocka_unit_test(test_cannot_be_written),
		cmocka_unit_test(test_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
