/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/inspection.h"
#include "tests/unit/frames.h"

enum { START = 0xffffffe0 }; /* of sequence numbers: they wrap within the hello */

static struct inspector inspector;

/* 61 + 8 bytes: a record of 64. */
static uint8_t hello[128];
static uint32_t hello_bytes;

static const char request[] = "GET /a HTTP/1.1\r\nUA: x\r\nHost: www.t.co\r\n\r\n";

static int begin(void **state)
{
	hello_bytes = frame_hello(hello, "www.t.co");
	return hello_bytes == 69 && inspector_begin(&inspector, 4) ? 0 : -1;
}

static int end(void **state)
{
	bool all_given_back = inspector.streams.used == 0;

	inspector_end(&inspector);
	return all_given_back ? 0 : -1;
}

/* The payload lies at the end of a heap block, where a sanitizer sees a read beyond. */
static struct inspection_result read_one(struct inspection *inspection,
	const struct inspection_way *way, uint8_t flags, uint32_t seq, int direction,
	const void *payload, uint32_t len, char *name)
{
	uint8_t *copy = malloc(len);
	struct packet packet = {.frame = copy,
		.captured = len,
		.payload_bytes = len,
		.payload_captured = len,
		.tcp_flags = flags,
		.tcp_seq = seq,
		.proto = PROTO_TCP};
	struct inspection_result result;

	if (len)
		memcpy(copy, payload, len);
	inspection_read(&inspector, inspection, way, &packet, direction, &result);
	if (result.name.len && name) {
		memcpy(name, result.name.data, result.name.len);
		name[result.name.len] = '\0';
	}
	free(copy);
	return result;
}

/* Pieces of the stream in the order of arrival: '^' is the SYN, else "begin-end" of `message`;
 * `seen`: where the name was read, from 1, 0 nowhere. */
struct piece {
	int begin, end;
};
#define SYN           \
	{             \
		-1, 0 \
	}
#define PIECES   8
#define ALONE    REASSEMBLY_NONE
#define IN_ORDER REASSEMBLY_IN_ORDER
#define FULL     REASSEMBLY_FULL

static int where_seen(const struct inspection_way *way, const uint8_t *message,
	const struct piece *pieces, int direction)
{
	struct inspection inspection = {0};
	char name[256] = "";
	int seen = 0;

	for (int i = 0; i < PIECES && (pieces[i].begin || pieces[i].end); i++) {
		bool syn = pieces[i].begin < 0;
		uint32_t seq = syn ? START - 1 : START + (uint32_t)pieces[i].begin;

		read_one(&inspection, way, syn ? TCP_SYN : TCP_ACK, seq, direction,
			syn ? message : message + pieces[i].begin,
			syn ? 0 : (uint32_t)(pieces[i].end - pieces[i].begin), name);
		if (*name && !seen)
			seen = i + 1;
	}
	if (*name)
		assert_string_equal(name, "www.t.co");
	inspection_end(&inspector, &inspection);
	return seen;
}

static void hello_in_pieces(void **state)
{
	static const struct {
		const char *what;
		struct piece pieces[PIECES];
		int seen[3]; /* by enum reassembly_way */
	} rows[] = {
		{"whole", {SYN, {0, 69}}, {2, 2, 2}},
		{"whole, without the SYN", {{0, 69}}, {1, 1, 1}},
		{"in two", {SYN, {0, 40}, {40, 69}}, {0, 3, 3}},
		{"in two, without the SYN", {{0, 40}, {40, 69}}, {0, 2, 2}},
		{"its first byte alone", {SYN, {0, 1}, {1, 69}}, {0, 3, 3}},
		{"its last byte alone", {SYN, {0, 68}, {68, 69}}, {0, 3, 3}},
		{"in five", {SYN, {0, 5}, {5, 9}, {9, 10}, {10, 65}, {65, 69}}, {0, 6, 6}},
		{"two swapped", {SYN, {40, 69}, {0, 40}}, {0, 0, 3}},
		{"two swapped, without the SYN", {{40, 69}, {0, 40}}, {0, 0, 0}},
		{"three backwards", {SYN, {50, 69}, {20, 50}, {0, 20}}, {0, 0, 4}},
		{"a gap after the first", {SYN, {0, 20}, {50, 69}, {20, 50}}, {0, 0, 4}},
		{"a gap that is never filled", {SYN, {0, 20}, {50, 69}}, {0, 0, 0}},
		{"a piece repeated", {SYN, {0, 20}, {0, 20}, {20, 69}}, {0, 4, 4}},
		{"pieces that overlap", {SYN, {0, 40}, {20, 69}}, {0, 3, 3}},
		{"a piece, then the whole", {SYN, {0, 40}, {0, 69}}, {3, 3, 3}},
		{"the SYN repeated", {SYN, SYN, {0, 40}, {40, 69}}, {0, 4, 4}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int how = ALONE; how <= FULL; how++) {
			struct inspection_way way = {how, TLS_RECORDS_FIRST};
			int seen = where_seen(&way, hello, rows[i].pieces, i % 2);

			if (seen != rows[i].seen[how])
				fail_msg("%s (%d): in packet %d, not %d", rows[i].what, how, seen,
					rows[i].seen[how]);
		}
	}
}

/* Every cut into two, in either order. */
static void every_cut(void **state)
{
	for (int cut = 1; cut < 69; cut++) {
		const struct piece in_order[PIECES] = {SYN, {0, cut}, {cut, 69}};
		const struct piece swapped[PIECES] = {SYN, {cut, 69}, {0, cut}};

		for (int how = ALONE; how <= FULL; how++) {
			struct inspection_way way = {how, TLS_RECORDS_ALL};

			assert_int_equal(
				where_seen(&way, hello, in_order, 0), how == ALONE ? 0 : 3);
			assert_int_equal(where_seen(&way, hello, swapped, 0), how == FULL ? 3 : 0);
		}
	}
}

/* RFC 7413: data in the SYN begins after the sequence number that the SYN itself takes. */
static void data_in_the_syn(void **state)
{
	for (int how = IN_ORDER; how <= FULL; how++) {
		struct inspection_way way = {how, TLS_RECORDS_FIRST};
		struct inspection inspection = {0};
		char name[256] = "";

		read_one(&inspection, &way, TCP_SYN, START - 1, 0, hello, 40, name);
		assert_string_equal(name, "");
		read_one(&inspection, &way, TCP_ACK, START + 40, 0, hello + 40, 29, name);
		assert_string_equal(name, "www.t.co");
		inspection_end(&inspector, &inspection);
	}
}

/* The name of an HTTP request (17 + 7 + 16 + 2 bytes; Host ends at 40). */
static void request_in_pieces(void **state)
{
	static const struct {
		struct piece pieces[PIECES];
		int seen[3];
	} rows[] = {
		{{SYN, {0, 42}}, {2, 2, 2}},
		{{SYN, {0, 20}, {20, 42}}, {0, 3, 3}},
		{{SYN, {0, 3}, {3, 30}, {30, 42}}, {0, 4, 4}},
		{{SYN, {20, 42}, {0, 20}}, {0, 0, 3}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int how = ALONE; how <= FULL; how++) {
			struct inspection_way way = {how, TLS_RECORDS_FIRST};

			assert_int_equal(
				where_seen(&way, (const uint8_t *)request, rows[i].pieces, 0),
				rows[i].seen[how]);
		}
	}
}

/* A change_cipher_spec record before the hello (a published evasion), and a hello over two
 * records: only who reads all records sees the name. */
static void first_record_or_all(void **state)
{
	static const uint8_t ccs[] = {20, 3, 3, 0, 1, 1};
	uint8_t before[80], split[80];

	memcpy(before, ccs, 6);
	memcpy(before + 6, hello, 69);
	memcpy(split, hello, 5);
	frame_put(split, 3, 30, 2);
	memcpy(split + 5, hello + 5, 30);
	memcpy(split + 35, hello, 5);
	frame_put(split, 38, 34, 2);
	memcpy(split + 40, hello + 35, 34);
	for (int how = ALONE; how <= FULL; how++) {
		for (int records = TLS_RECORDS_FIRST; records <= TLS_RECORDS_ALL; records++) {
			struct inspection_way way = {how, records};
			const struct piece ccs_hello[PIECES] = {SYN, {0, 75}};
			const struct piece two_records[PIECES] = {SYN, {0, 74}};
			int seen = records == TLS_RECORDS_ALL ? 2 : 0;

			assert_int_equal(where_seen(&way, before, ccs_hello, 0), seen);
			assert_int_equal(where_seen(&way, split, two_records, 0), seen);
		}
	}
}

/* Two connections, each with a hello in two pieces, packet by packet in turn. */
static void two_connections(void **state)
{
	struct inspection_way way = {FULL, TLS_RECORDS_FIRST};
	struct inspection inspections[2] = {0};
	uint8_t hellos[2][128];
	char names[2][256] = {"", ""};

	frame_hello(hellos[0], "www.a.ex");
	frame_hello(hellos[1], "www.b.ex");
	for (int half = 0; half < 2; half++) {
		for (int i = 0; i < 2; i++)
			read_one(&inspections[i], &way, TCP_ACK, 1000 + half * 30, 0,
				hellos[i] + half * 30, half ? 39 : 30, names[i]);
	}
	assert_string_equal(names[0], "www.a.ex");
	assert_string_equal(names[1], "www.b.ex");
	inspection_end(&inspector, &inspections[0]);
	inspection_end(&inspector, &inspections[1]);
}

/* Both directions of one connection under reassembly at once. */
static void two_directions(void **state)
{
	struct inspection_way way = {IN_ORDER, TLS_RECORDS_FIRST};
	struct inspection inspection = {0};
	char names[2][256] = {"", ""};

	for (int half = 0; half < 2; half++) {
		for (int direction = 0; direction < 2; direction++)
			read_one(&inspection, &way, TCP_ACK, 500 + half * 40, direction,
				hello + half * 40, half ? 29 : 40, names[direction]);
	}
	assert_string_equal(names[0], "www.t.co");
	assert_string_equal(names[1], "www.t.co");
	inspection_end(&inspector, &inspection);
}

/* Four buffers: the fifth and sixth connection are read segment by segment, which is counted. */
static void buffers_are_bounded(void **state)
{
	struct inspection_way way = {IN_ORDER, TLS_RECORDS_FIRST};
	struct inspection inspections[6] = {0};
	char name[256];

	for (int i = 0; i < 6; i++)
		read_one(&inspections[i], &way, TCP_ACK, 1, 0, hello, 40, NULL);
	assert_int_equal(inspector.streams.used, 4);
	assert_int_equal(inspector.streams_refused, 2);
	for (int i = 0; i < 6; i++) {
		*name = '\0';
		read_one(&inspections[i], &way, TCP_ACK, 41, 0, hello + 40, 29, name);
		assert_string_equal(name, i < 4 ? "www.t.co" : "");
		inspection_end(&inspector, &inspections[i]);
	}
	assert_int_equal(inspector.streams.used, 0);
	read_one(&inspections[5], &way, TCP_ACK, 100, 0, hello, 40, NULL);
	assert_int_equal(inspector.streams.used, 1);
	inspection_end(&inspector, &inspections[5]);
}

/* What a first packet must be so that a box does not give up on it. */
static void recognised(void **state)
{
	static const struct {
		const char *what, *payload;
		uint32_t len;
		bool recognised;
	} rows[] = {
		{"TLS alert", "\x15\x03\x03\x00\x02\x02\x28", 7, true},
		{"HTTP request", "GET / HTTP/1.1\r\n", 16, true},
		{"SOCKS 5 greeting", "\x05\x01\x00", 3, true},
		{"SSH", "SSH-2.0-x\r\n", 11, false},
		{"zeros", "\0\0\0\0\0\0\0\0", 8, false},
	};

	for (int how = ALONE; how <= FULL; how++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct inspection_way way = {how, TLS_RECORDS_FIRST};
			struct inspection inspection = {0};
			struct inspection_result result = read_one(&inspection, &way, TCP_ACK, 1, 0,
				rows[i].payload, rows[i].len, NULL);

			if (result.recognised != rows[i].recognised)
				fail_msg("%s", rows[i].what);
			inspection_end(&inspector, &inspection);
		}
	}
}

/* A middle piece is recognised by who follows the message, and is under way for them. */
static void under_way(void **state)
{
	for (int how = ALONE; how <= FULL; how++) {
		struct inspection_way way = {how, TLS_RECORDS_FIRST};
		struct inspection inspection = {0};
		struct inspection_result result;

		result = read_one(&inspection, &way, TCP_ACK, 0, 0, hello, 20, NULL);
		assert_int_equal(result.tls, FINDING_NOT_YET);
		assert_true(result.recognised);
		result = read_one(&inspection, &way, TCP_ACK, 20, 0, hello + 20, 20, NULL);
		assert_int_equal(result.tls, how == ALONE ? FINDING_IS_NOT : FINDING_NOT_YET);
		assert_int_equal(result.recognised, how != ALONE);
		inspection_end(&inspector, &inspection);
	}
}

/* Segments that overtook the first one: nothing is known until it comes. */
static void overtaken_is_under_way(void **state)
{
	struct inspection_way way = {FULL, TLS_RECORDS_FIRST};
	struct inspection inspection = {0};
	struct inspection_result result;

	read_one(&inspection, &way, TCP_SYN, START - 1, 0, NULL, 0, NULL);
	for (uint32_t at = 60; at >= 20; at -= 20) {
		result = read_one(&inspection, &way, TCP_ACK, START + at, 0, hello + at,
			at == 60 ? 9 : 20, NULL);
		assert_int_equal(result.tls, FINDING_NOT_YET);
	}
	result = read_one(&inspection, &way, TCP_ACK, START, 0, hello, 20, NULL);
	assert_int_equal(result.tls, FINDING_IS);
	assert_int_equal(inspector.streams.used, 0);
	inspection_end(&inspector, &inspection);
}

/* Alerts before a hello that never comes: at 16,384 bytes the buffer is given back. */
static void endless_message(void **state)
{
	static uint8_t bytes[3 * REASSEMBLY_BYTES];
	struct inspection_way way = {IN_ORDER, TLS_RECORDS_ALL};
	struct inspection inspection = {0};

	for (size_t at = 0; at + 6 <= sizeof(bytes); at += 6) /* alerts without an end */
		memcpy(bytes + at, "\x15\x03\x03\x00\x01\x00", 6);
	for (uint32_t at = 0; at < REASSEMBLY_BYTES; at += 1024) {
		assert_int_equal(inspector.streams.used, at ? 1 : 0);
		read_one(&inspection, &way, TCP_ACK, at, 0, bytes + at, 1024, NULL);
	}
	assert_int_equal(inspector.streams.used, 0);
	inspection_end(&inspector, &inspection);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(hello_in_pieces),
		CASE(every_cut),
		CASE(data_in_the_syn),
		CASE(request_in_pieces),
		CASE(first_record_or_all),
		CASE(two_connections),
		CASE(two_directions),
		CASE(buffers_are_bounded),
		CASE(recognised),
		CASE(under_way),
		CASE(overtaken_is_under_way),
		CASE(endless_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
