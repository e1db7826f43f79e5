/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hello for "a.example" built as RFC 6347 sections 4.1 and 4.2 say, then spoiled a byte or a
 * field at a time. Replays of whole conversations, and real ones, are in tests/replay/test_dtls.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/dtls.h"

enum { ROOM = 2048, RECORD_BYTES = 13, FRAGMENT_BYTES = 12, NAME_BYTES_HERE = 9 };

static const char name[] = "a.example";
static struct dtls dtls;

static int begin(void **state)
{
	return dtls_begin(&dtls, 2) ? 0 : -1;
}

static int end(void **state)
{
	bool all_given_back = dtls.hellos.used == 0;

	dtls_end(&dtls);
	return all_given_back ? 0 : -1;
}

static uint32_t put(uint8_t *bytes, uint32_t at, uint32_t value, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++)
		bytes[at + i] = (uint8_t)(value >> 8 * (width - 1 - i));
	return at + width;
}

/* The body of a hello: version 0, random 2, session id 34, cookie 35, cipher suites 36, compression
 * 40, extensions length 42, server_name type 44 and length 46, list length 48, name type 50, name
 * length 51, name 53 to 62. */
static uint32_t build_body(uint8_t *bytes)
{
	uint32_t at = put(bytes, 0, 0xfefd, 2);

	memset(bytes + at, 0xa5, 32);
	at = put(bytes, at + 32, 0, 1);
	at = put(bytes, at, 0, 1);
	at = put(bytes, at, 2, 2);
	at = put(bytes, at, 0xc02b, 2);
	at = put(bytes, at, 0x0100, 2);
	at = put(bytes, at, 4 + 5 + NAME_BYTES_HERE, 2);
	at = put(bytes, at, 0, 2);
	at = put(bytes, at, 5 + NAME_BYTES_HERE, 2);
	at = put(bytes, at, 3 + NAME_BYTES_HERE, 2);
	at = put(bytes, at, 0, 1);
	at = put(bytes, at, NAME_BYTES_HERE, 2);
	memcpy(bytes + at, name, NAME_BYTES_HERE);
	return at + NAME_BYTES_HERE;
}

struct piece {
	uint32_t begin, end, message_bytes, message_seq;
};

/* A record that holds a piece of the body. Offsets: type 0, version 1, epoch 3, number 5, length
 * 11, then message type 13, length 14, sequence 17, offset 19, fragment length 22, fragment 25. */
static uint32_t put_piece(
	uint8_t *bytes, uint32_t at, const uint8_t *body, const struct piece *piece)
{
	uint32_t len = piece->end - piece->begin;

	at = put(bytes, at, 22, 1);
	at = put(bytes, at, 0xfefd, 2);
	at = put(bytes, put(bytes, at, 0, 4), 0, 4);
	at = put(bytes, at, FRAGMENT_BYTES + len, 2);
	at = put(bytes, at, 1, 1);
	at = put(bytes, at, piece->message_bytes, 3);
	at = put(bytes, at, piece->message_seq, 2);
	at = put(bytes, at, piece->begin, 3);
	at = put(bytes, at, len, 3);
	memcpy(bytes + at, body + piece->begin, len);
	return at + len;
}

static uint32_t build_whole(uint8_t *bytes)
{
	uint8_t body[ROOM];
	uint32_t len = build_body(body);

	return put_piece(bytes, 0, body, &(struct piece){0, len, len, 0});
}

/* From a heap block of exactly that size, where a sanitizer sees a read beyond it. */
static enum finding read_bytes(
	uint32_t *hello, enum quic_way way, const uint8_t *bytes, uint32_t len, char *found)
{
	uint8_t *copy = malloc(len);
	struct dtls_result result;

	if (len)
		memcpy(copy, bytes, len);
	dtls_read(&dtls, hello, way, (struct span){copy, len}, &result);
	memset(found, 0, ROOM);
	if (result.finding == FINDING_IS && result.hello.sni.len)
		memcpy(found, result.hello.sni.data, result.hello.sni.len);
	free(copy);
	return result.finding;
}

static void whole_hello(void **state)
{
	uint8_t bytes[ROOM];
	char found[ROOM];
	uint32_t hello = 0, len = build_whole(bytes);

	for (int way = 0; way < QUIC_WAYS; way++) {
		assert_int_equal(read_bytes(&hello, way, bytes, len, found), FINDING_IS);
		assert_string_equal(found, name);
		assert_int_equal(hello, 0);
	}
}

/* Cut anywhere the datagram has no whole record, but for nothing at all. */
static void every_truncation(void **state)
{
	uint8_t bytes[ROOM];
	char found[ROOM];
	uint32_t hello = 0, len = build_whole(bytes);

	for (uint32_t cut = 0; cut < len; cut++)
		assert_int_equal(
			read_bytes(&hello, QUIC_WAY_FULL, bytes, cut, found), FINDING_IS_NOT);
}

/* Each field of the outer structure: what is overwritten, and what that is. */
static void spoiled_fields(void **state)
{
	static const struct {
		const char *what;
		uint32_t at, width, value;
		enum finding finding;
		const char *name;
	} rows[] = {
		{"application data", 0, 1, 23, FINDING_NOT_YET, ""},
		{"no content type", 0, 1, 19, FINDING_IS_NOT, ""},
		{"no content type", 0, 1, 27, FINDING_IS_NOT, ""},
		{"TLS 1.2", 1, 2, 0x0303, FINDING_IS_NOT, ""},
		{"DTLS 1.0", 1, 2, 0xfeff, FINDING_IS, name},
		{"encrypted", 3, 2, 1, FINDING_NOT_YET, ""},
		{"an empty record", 11, 2, 0, FINDING_IS_NOT, ""},
		{"a record that goes on", 11, 2, 0xffff, FINDING_IS_NOT, ""},
		{"a record one too long", 11, 2, 75, FINDING_IS_NOT, ""},
		{"a record one too short", 11, 2, 73, FINDING_NOT_YET, ""},
		{"a record within the header", 11, 2, 11, FINDING_NOT_YET, ""},
		{"a ServerHello", 13, 1, 2, FINDING_NOT_YET, ""},
		{"a message one longer", 14, 3, 63, FINDING_NOT_YET, ""},
		{"a message one shorter", 14, 3, 61, FINDING_NOT_YET, ""},
		{"a message of 2^24 - 1", 14, 3, 0xffffff, FINDING_NOT_YET, ""},
		{"an empty message", 14, 3, 0, FINDING_NOT_YET, ""},
		{"asked for again", 17, 2, 1, FINDING_IS, name},
		{"an offset beyond", 19, 3, 1, FINDING_NOT_YET, ""},
		{"an offset of 2^24 - 1", 19, 3, 0xffffff, FINDING_NOT_YET, ""},
		{"an empty fragment", 22, 3, 0, FINDING_NOT_YET, ""},
		{"a fragment beyond the record", 22, 3, 63, FINDING_NOT_YET, ""},
		{"a fragment of 2^24 - 1", 22, 3, 0xffffff, FINDING_NOT_YET, ""},
		{"a hello of TLS", 25, 2, 0x0303, FINDING_NOT_YET, ""},
		{"a session id of 33", 59, 1, 33, FINDING_NOT_YET, ""},
		{"a cookie of 255", 60, 1, 255, FINDING_NOT_YET, ""},
		{"an odd number of cipher bytes", 61, 2, 3, FINDING_NOT_YET, ""},
		{"cipher suites of 2^16 - 1", 61, 2, 0xffff, FINDING_NOT_YET, ""},
		{"no compression method", 65, 1, 0, FINDING_NOT_YET, ""},
		{"extensions that go on", 67, 2, 0xffff, FINDING_NOT_YET, ""},
		{"an extension that goes on", 71, 2, 0xffff, FINDING_NOT_YET, ""},
		/* wrong inside server_name: a hello without a name */
		{"a name list that goes on", 73, 2, 0xffff, FINDING_IS, ""},
		{"an empty name", 76, 2, 0, FINDING_IS, ""},
		{"a name that goes on", 76, 2, 10, FINDING_IS, ""},
		/* bytes of a name are not judged here */
		{"an embedded NUL", 78, 1, 0, FINDING_IS, ""},
		{"not UTF-8", 78, 1, 0xff, FINDING_IS, "\xff.example"},
	};
	uint8_t bytes[ROOM];
	char found[ROOM];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t hello = 0, len = build_whole(bytes);

		put(bytes, rows[i].at, rows[i].value, rows[i].width);
		if (read_bytes(&hello, QUIC_WAY_FULL, bytes, len, found) != rows[i].finding ||
			strcmp(found, rows[i].name) != 0)
			fail_msg("%s: \"%s\"", rows[i].what, found);
		dtls_forget(&dtls, &hello);
	}
}

/* Pieces that lie about the whole, and the true ones after them. */
static void lying_pieces(void **state)
{
	static const struct {
		const char *what;
		struct piece lie;
		bool found; /* the name, when the true two pieces have followed */
	} rows[] = {
		{"the same length", {0, 20, 62, 0}, true},
		{"a longer message", {0, 20, 90, 0}, false}, /* holds the buffer of that message */
		{"a longer message, before", {0, 20, 90, 0xffff}, true},
		{"a later message", {0, 20, 62, 1}, false},
		{"a piece that goes beyond", {60, 62, 61, 0}, true},
		{"2^14 + 1 bytes", {0, 20, 16385, 0}, true},
	};
	uint8_t bytes[ROOM], body[ROOM];
	char found[ROOM];
	uint32_t len = build_body(body);

	assert_int_equal(len, 62);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t hello = 0, at;
		enum finding last;

		at = put_piece(bytes, 0, body, &rows[i].lie);
		read_bytes(&hello, QUIC_WAY_FULL, bytes, at, found);
		at = put_piece(bytes, 0, body, &(struct piece){30, 62, 62, 0});
		at = put_piece(bytes, at, body, &(struct piece){0, 30, 62, 0});
		last = read_bytes(&hello, QUIC_WAY_FULL, bytes, at, found);
		if ((last == FINDING_IS) != rows[i].found)
			fail_msg("%s", rows[i].what);
		dtls_forget(&dtls, &hello);
	}
}

/* A record in a record, and a fragment in a fragment: the inner one is a message's bytes, which are
 * no hello. What comes after them still is. */
static void nested(void **state)
{
	uint8_t inner[ROOM], outer[ROOM];
	char found[ROOM];
	uint32_t len = build_whole(inner), hello = 0, at;

	for (uint32_t from = 0; from <= RECORD_BYTES; from += RECORD_BYTES) {
		struct piece all = {from, len, len - from, 0};

		at = put_piece(outer, 0, inner, &all);
		put(outer, RECORD_BYTES + 6, 0, 3); /* the offset that the piece's begin gave */
		assert_int_equal(
			read_bytes(&hello, QUIC_WAY_FULL, outer, at, found), FINDING_NOT_YET);
		at += build_whole(outer + at);
		assert_int_equal(read_bytes(&hello, QUIC_WAY_FULL, outer, at, found), FINDING_IS);
		assert_string_equal(found, name);
		assert_int_equal(hello, 0);
	}
}

/* One byte a fragment, from the last to the first: more runs than are kept do not come about. */
static void smallest_fragments(void **state)
{
	uint8_t bytes[ROOM], body[ROOM];
	char found[ROOM];
	uint32_t len = build_body(body), hello = 0;

	for (uint32_t i = len; i-- > 0;) {
		uint32_t at = put_piece(bytes, 0, body, &(struct piece){i, i + 1, len, 0});
		enum finding finding = read_bytes(&hello, QUIC_WAY_FULL, bytes, at, found);

		assert_int_equal(finding, i ? FINDING_NOT_YET : FINDING_IS);
	}
	assert_string_equal(found, name);
	assert_int_equal(hello, 0);
}

/* Every second byte only: too many runs, so it is given up, and the buffer back. */
static void too_many_runs(void **state)
{
	uint8_t bytes[ROOM], body[ROOM];
	char found[ROOM];
	uint32_t len = build_body(body), hello = 0;

	for (uint32_t i = 0; i <= REASSEMBLY_RUNS; i++) {
		uint32_t at =
			put_piece(bytes, 0, body, &(struct piece){2 * i + 1, 2 * i + 2, len, 0});

		assert_int_equal(
			read_bytes(&hello, QUIC_WAY_FULL, bytes, at, found), FINDING_NOT_YET);
	}
	assert_int_equal(hello, 0);
}

/* Two flows have the two buffers; the third reads its hello only whole. */
static void no_room(void **state)
{
	uint8_t bytes[ROOM], body[ROOM];
	char found[ROOM];
	uint32_t len = build_body(body), hellos[3] = {0};
	uint32_t at = put_piece(bytes, 0, body, &(struct piece){0, 30, len, 0});

	for (int i = 0; i < 3; i++)
		read_bytes(&hellos[i], QUIC_WAY_FULL, bytes, at, found);
	assert_int_equal(hellos[2], 0);
	assert_int_equal(dtls.hellos_refused, 1);
	at = build_whole(bytes);
	assert_int_equal(read_bytes(&hellos[2], QUIC_WAY_FULL, bytes, at, found), FINDING_IS);
	for (int i = 0; i < 3; i++)
		dtls_forget(&dtls, &hellos[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_hello),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(spoiled_fields),
		cmocka_unit_test(lying_pieces),
		cmocka_unit_test(nested),
		cmocka_unit_test(smallest_fragments),
		cmocka_unit_test(too_many_runs),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
