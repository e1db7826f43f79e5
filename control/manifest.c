/* SPDX-License-Identifier: BSD-3-Clause */
#include "manifest.h"

#include "capture.h"
#include "yaml.h"

#include "classifiers/ndpi.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

struct manifest {
	json_t *json;      /* with null for what nobody has set yet, to keep the order */
	uint64_t begun_ns; /* CLOCK_MONOTONIC */
};

static const char *const keys_in_order[] = {
	"sluice",
	"command",
	"arguments",
	"seed",
	"started",
	"seconds",
	"clock",
	"libraries",
	"host",
	"inputs",
	"rules",
	"results",
	NULL,
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Takes over `value`. jansson fails here for lack of memory only. */
static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		abort();
}

/* A JSON string of any bytes at all. */
static json_t *text_json(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD in UTF-8 */
	json_t *json = json_string(text);
	char *mended, *end;

	if (json)
		return json;
	mended = end = malloc(strlen(text) * 3 + 1);
	if (!mended)
		abort();
	for (; *text; text++) {
		if ((unsigned char)*text < 0x80)
			*end++ = *text;
		else
			end = stpcpy(end, replacement);
	}
	*end = '\0';
	json = json_string(mended);
	free(mended);
	return json;
}

static json_t *arguments_json(int argc, char **argv)
{
	json_t *json = json_array();

	for (int i = 1; i < argc; i++)
		append(json, text_json(argv[i]));
	return json;
}

/* RFC 3339, to the second. */
static json_t *started_json(void)
{
	time_t now = time(NULL);
	struct tm utc;
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	return json_string(text);
}

static json_t *libraries_json(void)
{
	const struct {
		const char *name, *version;
	} rows[] = {
		{"ndpi", dpi_version()},
		{"libpcap", capture_library()},
		{"libfyaml", yaml_library()},
		{"jansson", jansson_version_str()},
		{"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
	};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		put(json, rows[i].name, text_json(rows[i].version));
	return json;
}

static json_t *host_json(void)
{
	json_t *json = json_object();
	struct utsname names;

	if (uname(&names) == 0) {
		put(json, "kernel", text_json(names.release));
		put(json, "machine", text_json(names.machine));
	}
	put(json, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	return json;
}

struct manifest *manifest_begin(const char *command, int argc, char **argv)
{
	struct manifest *manifest = calloc(1, sizeof(*manifest));

	if (!manifest)
		abort();
	manifest->begun_ns = now_ns();
	manifest->json = json_object();
	for (size_t i = 0; keys_in_order[i]; i++)
		put(manifest->json, keys_in_order[i], json_null());
	put(manifest->json, "sluice", json_string(SLUICE_VERSION));
	put(manifest->json, "command", text_json(command));
	put(manifest->json, "arguments", arguments_json(argc, argv));
	put(manifest->json, "started", started_json());
	put(manifest->json, "clock", json_string("capture"));
	put(manifest->json, "libraries", libraries_json());
	put(manifest->json, "host", host_json());
	put(manifest->json, "inputs", json_array());
	return manifest;
}

void manifest_seed(struct manifest *manifest, uint64_t seed)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)seed);
	put(manifest->json, "seed",
		seed <= INT64_MAX ? json_integer((json_int_t)seed) : json_string(text));
}

void manifest_input(struct manifest *manifest, const char *path, uint64_t bytes, const char *sha256)
{
	json_t *json = json_object();

	put(json, "path", text_json(path));
	put(json, "bytes", json_integer((json_int_t)bytes));
	put(json, "sha256", json_string(sha256));
	append(json_object_get(manifest->json, "inputs"), json);
}

void manifest_set(struct manifest *manifest, const char *key, json_t *value)
{
	put(manifest->json, key, value);
}

/* Warnings are cut to a length, which may cut a character: hence text_json. */
static json_t *warnings_json(const struct warnings *warnings)
{
	json_t *json = json_array();

	for (int i = 0; i < warnings->count; i++)
		append(json, text_json(warnings->text[i]));
	return json;
}

/* What is written: complete, and without the places kept for what nobody has set. */
static json_t *complete(const struct manifest *manifest, const struct warnings *warnings)
{
	uint64_t milliseconds = (now_ns() - manifest->begun_ns) / 1000000;
	json_t *json = json_object(), *value;
	const char *key;

	json_object_foreach(manifest->json, key, value)
	{
		if (!json_is_null(value))
			put(json, key, json_incref(value));
		else if (strcmp(key, "seconds") == 0)
			put(json, key, json_real((double)milliseconds / 1000));
	}
	put(json, "warnings", warnings_json(warnings));
	return json;
}

bool manifest_write(const struct manifest *manifest, const struct warnings *warnings,
	const char *path, struct failure *failure)
{
	json_t *json = complete(manifest, warnings);
	FILE *file = fopen(path, "we");
	bool written = file != NULL;

	/* 15 digits: every decimal of that length is written as it was meant. */
	if (written)
		written = json_dumpf(json, file, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0 &&
			  fputc('\n', file) != EOF && fflush(file) == 0;
	if (!written)
		failure_set(failure, EXIT_REFUSED, "%s: %s", path, strerror(errno));
	if (file && fclose(file) != 0 && written)
		written = failure_set(failure, EXIT_REFUSED, "%s: %s", path, strerror(errno));
	json_decref(json);
	return written;
}

void manifest_free(struct manifest *manifest)
{
	if (!manifest)
		return;
	json_decref(manifest->json);
	free(manifest);
}

void manifest_sha256(const void *data, size_t len, char hex[65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
	for (int i = 0; i < 32; i++)
		snprintf(hex + i * 2, 3, "%02x", digest[i]);
}
