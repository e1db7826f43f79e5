/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/rss.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* "Verifying the RSS hash calculation", Microsoft's driver documentation. */
static const uint8_t microsoft_key[40] = {0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41,
	0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4,
	0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01,
	0xfa};

static const struct {
	const char *source, *destination;
	uint16_t source_port, destination_port;
	uint32_t with_ports, without;
} rows[] = {
	{"66.9.149.187", "161.142.100.80", 2794, 1766, 0x51ccc178, 0x323e8fc2},
	{"199.92.111.2", "65.69.140.83", 14230, 4739, 0xc626b0ea, 0xd718262a},
	{"24.19.198.95", "12.22.207.184", 12898, 38024, 0x5c2b394a, 0xd2d0a5de},
	{"38.27.205.30", "209.142.163.6", 48228, 2217, 0xafc7327f, 0x82989176},
	{"153.39.163.191", "202.188.127.2", 44251, 1303, 0x10e828a2, 0x5d1809c5},
	{"3ffe:2501:200:1fff::7", "3ffe:2501:200:3::1", 2794, 1766, 0x40207d3d, 0x2cc18cd5},
	{"3ffe:501:8::260:97ff:fe40:efab", "ff02::1", 14230, 4739, 0xdde51bbf, 0x0f0c461c},
};

static size_t fill(
	uint8_t *input, const char *source, const char *destination, uint16_t from, uint16_t to)
{
	int family = strchr(source, ':') ? AF_INET6 : AF_INET;
	size_t size = family == AF_INET ? 4 : 16;

	assert_int_equal(inet_pton(family, source, input), 1);
	assert_int_equal(inet_pton(family, destination, input + size), 1);
	input[2 * size] = from >> 8;
	input[2 * size + 1] = from;
	input[2 * size + 2] = to >> 8;
	input[2 * size + 3] = to;
	return 2 * size;
}

static void test_microsoft(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t input[36];
		size_t size = fill(input, rows[i].source, rows[i].destination, rows[i].source_port,
			rows[i].destination_port);

		assert_int_equal(rss_toeplitz(microsoft_key, input, size), rows[i].without);
		assert_int_equal(rss_toeplitz(microsoft_key, input, size + 4), rows[i].with_ports);
	}
}

static void repeat(uint8_t *key)
{
	for (size_t i = 0; i < RSS_KEY_MAX; i++)
		key[i] = i % 2 ? 0x5a : 0x6d;
}

static void test_symmetry(void **state)
{
	uint8_t key[RSS_KEY_MAX];

	repeat(key);
	assert_true(rss_key_is_symmetric(key, 40));
	assert_true(rss_key_is_symmetric(key, 52));
	assert_false(rss_key_is_symmetric(key, 36)); /* too short for IPv6 with ports */
	assert_false(rss_key_is_symmetric(microsoft_key, 40));
	key[39] ^= 2; /* the last bit that IPv6 ports reach */
	assert_false(rss_key_is_symmetric(key, 40));
}

static struct rss some_port(void)
{
	struct rss rss = {.known = true,
		.driver = "net_any",
		.types = UINT64_MAX,
		.queues = 4,
		.table_size = 128,
		.key_size = 40};

	repeat(rss.key);
	for (unsigned i = 0; i < rss.table_size; i++)
		rss.table[i] = i % rss.queues;
	return rss;
}

/* Whatever differs between two ports may bring two directions to two queues. */
static void test_agreement(void **state)
{
	struct rss one = some_port(), other = some_port();

	assert_true(rss_agrees(&one, &other));
	other.known = false;
	assert_false(rss_agrees(&one, &other));
	other = some_port();
	strcpy(other.driver, "net_other");
	assert_false(rss_agrees(&one, &other));
	other = some_port();
	other.table[127]++;
	assert_false(rss_agrees(&one, &other));
	other = some_port();
	other.table_size = 64;
	assert_false(rss_agrees(&one, &other));
	other = some_port();
	other.queues = 2;
	assert_false(rss_agrees(&one, &other));
	other = some_port();
	other.key[0] ^= 1;
	assert_false(rss_agrees(&one, &other));
	other = some_port();
	other.types = 1;
	assert_false(rss_agrees(&one, &other));
	/* Alike, but not symmetric. */
	other = some_port();
	memcpy(other.key, microsoft_key, sizeof(microsoft_key));
	assert_false(rss_agrees(&other, &other));
	/* Alike and symmetric, but TCP over IPv6 is not hashed. */
	other = some_port();
	other.types = 0;
	assert_false(rss_agrees(&other, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_microsoft),
		cmocka_unit_test(test_symmetry),
		cmocka_unit_test(test_agreement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
