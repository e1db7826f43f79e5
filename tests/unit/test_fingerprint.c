/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hellos built from the lists that publications print beside a fingerprint: JA3's own read-me,
 * JA4's technical details, and what browserleaks.com shows to Chrome 143 (both fingerprints of one
 * hello).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/fingerprint.h"

enum { ROOM = 16384, LIST_MAX = 24, GREASE = 0x3a3a };

/* Ends with GREASE of its own when it is full length; -1 ends it. */
struct recipe {
	uint16_t version;
	int ciphers[LIST_MAX], extensions[LIST_MAX], groups[LIST_MAX], formats[LIST_MAX];
	int algorithms[LIST_MAX], versions[LIST_MAX];
	const char *alpn;
	uint32_t alpn_bytes; /* 0: strlen */
};

static uint32_t put(uint8_t *bytes, uint32_t at, uint32_t value, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++)
		bytes[at + i] = (uint8_t)(value >> 8 * (width - 1 - i));
	return at + width;
}

/* Numbers until -1, after their length in bytes. */
static uint32_t put_list(
	uint8_t *bytes, uint32_t at, uint32_t length_width, const int *values, uint32_t width)
{
	uint32_t begin = at + length_width;

	for (at = begin; *values >= 0; values++)
		at = put(bytes, at, (uint32_t)*values, width);
	put(bytes, begin - length_width, at - begin, length_width);
	return at;
}

static uint32_t put_alpn(uint8_t *bytes, uint32_t at, const struct recipe *recipe)
{
	uint32_t len = recipe->alpn_bytes ? recipe->alpn_bytes
		       : recipe->alpn     ? (uint32_t)strlen(recipe->alpn)
					  : 0;

	at = put(bytes, at, recipe->alpn ? len + 1 : 0, 2);
	if (!recipe->alpn)
		return at;
	at = put(bytes, at, len, 1);
	memcpy(bytes + at, recipe->alpn, len);
	return at + len;
}

static uint32_t put_extension(uint8_t *bytes, uint32_t at, int type, const struct recipe *recipe)
{
	uint32_t begin = put(bytes, at, (uint32_t)type, 2) + 2;

	at = begin;
	if (type == 10)
		at = put_list(bytes, at, 2, recipe->groups, 2);
	if (type == 11)
		at = put_list(bytes, at, 1, recipe->formats, 1);
	if (type == 13)
		at = put_list(bytes, at, 2, recipe->algorithms, 2);
	if (type == 16)
		at = put_alpn(bytes, at, recipe);
	if (type == 43)
		at = put_list(bytes, at, 1, recipe->versions, 2);
	put(bytes, begin - 2, at - begin, 2);
	return at;
}

/* The body of a ClientHello, at the end of a heap block that the caller frees. */
static uint8_t *body_of(const struct recipe *recipe, bool datagram, struct span *body)
{
	uint8_t *bytes = calloc(1, ROOM), *whole;
	uint32_t at = put(bytes, 0, recipe->version, 2) + 32, begin;

	at = put(bytes, at, 0, datagram ? 2 : 1); /* session id, cookie */
	at = put_list(bytes, at, 2, recipe->ciphers, 2);
	at = put(bytes, at, 0x0100, 2);
	if (recipe->extensions[0] >= 0) {
		begin = at + 2;
		at = begin;
		for (const int *type = recipe->extensions; *type >= 0; type++)
			at = put_extension(bytes, at, *type, recipe);
		put(bytes, begin - 2, at - begin, 2);
	}
	whole = malloc(at);
	memcpy(whole, bytes, at);
	free(bytes);
	*body = (struct span){whole, at};
	return whole;
}

static void expect(const struct recipe *recipe, char transport, const char *ja3, const char *ja4)
{
	struct tls_client_hello hello;
	char text[JA4_BYTES];
	struct span body;
	uint8_t *block = body_of(recipe, transport == 'd', &body);

	assert_true(tls_body_read(body, transport == 'd', &hello));
	if (ja3) {
		fingerprint_ja3(&hello, text);
		assert_memory_equal(text, ja3, JA3_BYTES);
	}
	if (ja4) {
		fingerprint_ja4(&hello, transport, text);
		assert_memory_equal(text, ja4, JA4_BYTES);
	}
	free(block);
}

#define CHROME_CIPHERS                                                                          \
	{                                                                                       \
		GREASE, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, \
			0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035, -1                      \
	}
#define CHROME_ALGORITHMS                                                                  \
	{                                                                                  \
		0x0403, 0x0804, 0x0401, 0x0503, 0x0805, GREASE, 0x0501, 0x0806, 0x0601, -1 \
	}

static const struct recipe of_ja4 = {
	.version = 0x0303,
	.ciphers = CHROME_CIPHERS,
	.extensions = {0x0a0a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
		0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0xfafa, 0x0015, -1},
	.groups = {GREASE, 29, 23, 24, -1},
	.formats = {0, -1},
	.algorithms = CHROME_ALGORITHMS,
	.versions = {0xdada, 0x0304, 0x0303, -1},
	.alpn = "h2",
};

static void published_ja4(void **state)
{
	struct recipe without_algorithms = of_ja4;

	expect(&of_ja4, 't', NULL, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	without_algorithms.algorithms[0] = -1;
	expect(&without_algorithms, 'q', NULL, "q13d1516h2_8daaf6152771_6d807ffa2a79");
}

static void published_ja3(void **state)
{
	static const struct recipe first = {
		.version = 769,
		.ciphers = {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4, -1},
		.extensions = {0, 10, 11, -1},
		.groups = {23, 24, 25, -1},
		.formats = {0, -1},
	};
	static const struct recipe second = {
		.version = 769,
		.ciphers = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99, -1},
		.extensions = {-1},
	};

	expect(&first, 't', "ada70206e40642a3e4461f35503241d5", NULL);
	expect(&second, 't', "de350869b8c85de67a350c8d186f11e6", NULL);
}

static void both_of_one_hello(void **state)
{
	static const struct recipe chrome = {
		.version = 771,
		.ciphers = CHROME_CIPHERS,
		.extensions = {GREASE, 45, 51, 16, 65037, 23, 17613, 0, 11, 10, 43, 65281, 35, 18,
			5, 13, 27, 0x4a4a, -1},
		.groups = {0x1a1a, 4588, 29, 23, 24, -1},
		.formats = {0, -1},
		.algorithms = CHROME_ALGORITHMS,
		.versions = {0x0304, 0x0303, -1},
		.alpn = "h2",
	};

	expect(&chrome, 't', "98487aa16281980e7d1120d399efb6a4",
		"t13d1516h2_8daaf6152771_d8a2da3f94cd");
}

/* The examples of JA4's technical details, and what is not an ASCII letter or digit at one end. */
static void protocols_in_ja4(void **state)
{
	static const struct {
		const char *alpn;
		uint32_t bytes;
		const char *text;
	} rows[] = {
		{"http/1.1", 0, "h1"},
		{"h", 0, "hh"},
		{"\xab", 0, "ab"},
		{"\xab\xcd", 0, "ad"},
		{"\x30\xab", 0, "3b"},
		{"\x30\x31\xab\xcd", 0, "3d"},
		{"\x30\xab\xcd\x31", 0, "01"},
		{"\0\0", 2, "00"},
		{"z/", 0, "7f"},
		{NULL, 0, "00"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct recipe recipe = of_ja4;
		char wanted[JA4_BYTES + 1] = "t13d1516h2_8daaf6152771_e5627efa2ab1";

		recipe.alpn = rows[i].alpn;
		recipe.alpn_bytes = rows[i].bytes;
		memcpy(wanted + 8, rows[i].text, 2);
		expect(&recipe, 't', NULL, wanted);
	}
}

static void versions_in_ja4(void **state)
{
	static const struct {
		char transport;
		uint16_t legacy;
		int offered[3];
		const char *text;
	} rows[] = {
		{'t', 0x0303, {0x0304, 0x0303, -1}, "t13"},
		{'t', 0x0303, {0x0303, 0x0304, -1}, "t13"},
		{'t', 0x0303, {GREASE, 0x0303, -1}, "t12"},
		{'t', 0x0301, {GREASE, -1}, "t10"},
		{'t', 0x0302, {-1}, "t11"},
		{'t', 0x0300, {-1}, "ts3"},
		{'t', 0x0303, {0x7f1c, -1}, "t00"}, /* a draft of TLS 1.3 */
		{'d', 0xfefd, {-1}, "dd2"},
		{'d', 0xfeff, {-1}, "dd1"},
		{'d', 0xfefd, {0xfefd, 0xfefc, -1}, "dd3"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct recipe recipe = of_ja4;
		char wanted[JA4_BYTES + 1] = "t13d1516h2_8daaf6152771_e5627efa2ab1";

		recipe.version = rows[i].legacy;
		memcpy(recipe.versions, rows[i].offered, sizeof(rows[i].offered));
		memcpy(wanted, rows[i].text, 3);
		expect(&recipe, rows[i].transport, NULL, wanted);
	}
}

/* Nothing but values to be ignored is nothing; SHA-256 of "1301", from sha256sum, begins
 * 0f2cb44170f4. */
static void nothing_left(void **state)
{
	static const struct recipe ignored = {
		.version = 0x0303, .ciphers = {GREASE, -1}, .extensions = {0x5a5a, 0, 16, -1}};
	static const struct recipe none = {
		.version = 0x0303, .ciphers = {0x1301, -1}, .extensions = {-1}};

	expect(&ignored, 't', NULL, "t12d000200_000000000000_000000000000");
	expect(&none, 't', NULL, "t12i010000_0f2cb44170f4_000000000000");
}

/* 8,000 ciphers, highest first, are the same as lowest first; more than 99 are 99. */
static void longest_list(void **state)
{
	enum { COUNT = 8000, BODY_BYTES = 2 + 32 + 1 + 2 + 2 * COUNT + 2 };
	char text[2][JA4_BYTES];
	uint8_t *bytes = calloc(1, BODY_BYTES);
	struct tls_client_hello hello;

	for (int down = 0; down < 2; down++) {
		uint32_t at = put(bytes, 0, 0x0303, 2) + 32 + 1;

		at = put(bytes, at, 2 * COUNT, 2);
		for (uint32_t i = 0; i < COUNT; i++)
			at = put(bytes, at, 1 + (down ? COUNT - 1 - i : i), 2);
		assert_int_equal(put(bytes, at, 0x0100, 2), BODY_BYTES);
		assert_true(tls_body_read((struct span){bytes, BODY_BYTES}, false, &hello));
		fingerprint_ja4(&hello, 't', text[down]);
	}
	assert_memory_equal(text[0], text[1], JA4_BYTES);
	assert_memory_equal(text[0], "t12i990000_", 11);
	free(bytes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_ja4),
		cmocka_unit_test(published_ja3),
		cmocka_unit_test(both_of_one_hello),
		cmocka_unit_test(protocols_in_ja4),
		cmocka_unit_test(versions_in_ja4),
		cmocka_unit_test(nothing_left),
		cmocka_unit_test(longest_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
