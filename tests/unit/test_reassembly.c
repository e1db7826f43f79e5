/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/reassembly.h"

static struct reassembly stream;

static struct span add(enum reassembly_way way, uint32_t seq, const char *text)
{
	uint32_t len = (uint32_t)strlen(text);
	uint8_t *copy = malloc(len); /* its exact size, so that a sanitizer sees a read beyond */
	struct span contiguous;

	memcpy(copy, text, len);
	contiguous = reassembly_add(&stream, way, seq, (struct span){copy, len});
	free(copy);
	return contiguous;
}

struct piece {
	int32_t at; /* sequence number relative to the start */
	const char *text;
};

/* The pieces are added in the order written; then so much is contiguous. */
static const struct row {
	const char *what;
	struct piece pieces[8];
	const char *in_order, *full;
	bool in_order_over;
} rows[] = {
	{"nothing", {{0, NULL}}, "", "", false},
	{"one", {{0, "abc"}}, "abc", "abc", false},
	{"two in order", {{0, "abc"}, {3, "def"}}, "abcdef", "abcdef", false},
	{"two swapped", {{3, "def"}, {0, "abc"}}, "", "abcdef", true},
	{"a gap stays", {{0, "abc"}, {4, "efg"}}, "abc", "abc", true},
	{"a gap filled later", {{0, "abc"}, {4, "e"}, {3, "d"}}, "abc", "abcde", true},
	{"three backwards", {{6, "ghi"}, {3, "def"}, {0, "abc"}}, "", "abcdefghi", true},
	{"retransmission", {{0, "abc"}, {0, "xyz"}, {3, "d"}}, "abcd", "abcd", false},
	{"retransmission of a part", {{0, "abc"}, {1, "y"}, {3, "d"}}, "abcd", "abcd", false},
	{"retransmission with more", {{0, "abc"}, {0, "xyzdef"}}, "abcdef", "abcdef", false},
	{"overlap at the end", {{0, "abc"}, {2, "zde"}}, "abcde", "abcde", false},
	{"the first bytes stay", {{2, "cd"}, {0, "wxyz"}}, "", "wxcd", true},
	{"one around two", {{1, "b"}, {3, "d"}, {0, "vwxyz"}}, "", "vbxdz", true},
	{"a gap filled too widely", {{0, "ab"}, {4, "ef"}, {1, "wxyz"}}, "ab", "abxyef", true},
	{"no bytes", {{0, ""}, {0, "abc"}, {3, ""}, {3, "d"}}, "abcd", "abcd", false},
	{"no bytes, far ahead", {{0, "abc"}, {99, ""}, {3, "d"}}, "abcd", "abcd", false},
	{"wholly before", {{-3, "xyz"}, {0, "abc"}}, "abc", "abc", false},
	{"keep-alive", {{0, "abc"}, {2, "z"}, {-1, "z"}}, "abc", "abc", false},
	{"partly before", {{-2, "xyab"}, {2, "c"}}, "abc", "abc", false},
	{"half the numbers ahead is behind", {{INT32_MIN, "xyz"}, {0, "abc"}}, "abc", "abc", false},
	{"beyond the end", {{0, "abc"}, {REASSEMBLY_BYTES, "x"}, {3, "d"}}, "abc", "abcd", true},
};

/* Starts so that the numbers wrap before, inside, at the end of and after the first bytes. */
static const uint32_t starts[] = {
	1000, 0, 0xffffffff, 0xfffffffe, 0xfffffffa, 0x7fffffff, 0x80000000};

static void check(
	const struct row *row, enum reassembly_way way, uint32_t start, const char *expected)
{
	struct span contiguous;

	reassembly_begin(&stream, start);
	for (const struct piece *piece = row->pieces; piece->text; piece++)
		add(way, start + (uint32_t)piece->at, piece->text);
	contiguous = reassembly_contiguous(&stream);
	if (contiguous.len != strlen(expected) ||
		memcmp(contiguous.data, expected, contiguous.len) != 0)
		fail_msg("%s, way %d from %u: '%.*s', not '%s'", row->what, way, start,
			(int)contiguous.len, (const char *)contiguous.data, expected);
}

static void pieces_of_text(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
			check(&rows[i], REASSEMBLY_FULL, starts[s], rows[i].full);
			assert_false(stream.over);
			check(&rows[i], REASSEMBLY_IN_ORDER, starts[s], rows[i].in_order);
			if (stream.over != rows[i].in_order_over)
				fail_msg("%s: over is %d", rows[i].what, stream.over);
		}
	}
}

/* Every other byte: 16 runs have room, the 17th does not, and then nothing is taken. */
static void runs_are_bounded(void **state)
{
	reassembly_begin(&stream, 0);
	for (uint32_t i = 0; i < REASSEMBLY_RUNS; i++)
		assert_int_equal(add(REASSEMBLY_FULL, 2 * i + 1, "x").len, 0);
	assert_int_equal(stream.runs_used, 16);
	assert_false(stream.over);
	add(REASSEMBLY_FULL, 2, "y"); /* joins two runs */
	assert_int_equal(stream.runs_used, 15);
	add(REASSEMBLY_FULL, 101, "x");
	assert_int_equal(stream.runs_used, 16);
	add(REASSEMBLY_FULL, 102, "x"); /* touches the last */
	assert_int_equal(stream.runs_used, 16);
	assert_false(stream.over);
	add(REASSEMBLY_FULL, 201, "x");
	assert_true(stream.over);
	assert_int_equal(add(REASSEMBLY_FULL, 0, "x").len, 0);
	reassembly_begin(&stream, 0);
	assert_int_equal(add(REASSEMBLY_FULL, 0, "x").len, 1);
}

static void bytes_are_bounded(void **state)
{
	static uint8_t bytes[REASSEMBLY_BYTES + 1000];
	struct span contiguous;

	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i % 251);
	for (int way = REASSEMBLY_IN_ORDER; way <= REASSEMBLY_FULL; way++) {
		reassembly_begin(&stream, 7);
		reassembly_add(&stream, way, 7, (struct span){bytes, 16000});
		reassembly_add(&stream, way, 7 + 16000, (struct span){bytes + 16000, 383});
		assert_int_equal(reassembly_contiguous(&stream).len, 16383);
		/* two bytes where one has room, then many where none has */
		reassembly_add(&stream, way, 7 + 16383, (struct span){bytes + 16383, 2});
		contiguous = reassembly_add(&stream, way, 7 + 16000,
			(struct span){bytes + 16000, sizeof(bytes) - 16000});
		assert_int_equal(contiguous.len, 16384);
		assert_memory_equal(contiguous.data, bytes, 16384);
		contiguous = reassembly_add(&stream, way, 7 + 16384, (struct span){bytes, 9});
		assert_int_equal(contiguous.len, 16384);
		assert_false(stream.over);
	}
}

/* RFC 9293 section 3.4 lets a segment be of any length that IP carries, and a caller of any at all:
 * the far end is computed without wrapping. */
static void a_length_cannot_wrap(void **state)
{
	static const uint8_t bytes[REASSEMBLY_BYTES + 5];

	reassembly_begin(&stream, 5);
	assert_int_equal(
		reassembly_add(&stream, REASSEMBLY_FULL, 0, (struct span){bytes, UINT32_MAX}).len,
		16384);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_text),
		cmocka_unit_test(runs_are_bounded),
		cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(a_length_cannot_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
