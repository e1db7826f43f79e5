/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/tls.h"
#include "tests/unit/hex.h"

enum { ROOM = 4 * TLS_HELLO_BYTES };

/* RFC 8448 section 3, "{client} send handshake record", complete record (201 octets). Offsets used
 * below: record length 3, handshake type 5 and length 6, session id length 43, cipher suites
 * length 44, compression length 52, extensions length 54, server_name type 56 and length 58, list
 * length 60, name type 62, name length 63, name 65, next extension 71. */
static const char rfc8448[] =
	"16 03 01 00 c4 01 00 00 c0 03 03 cb 34 ec b1 e7 81 63 ba 1c 38 c6 da cb 19 6a 6d ff a2 1a"
	"8d 99 12 ec 18 a2 ef 62 83 02 4d ec e7 00 00 06 13 01 13 03 13 02 01 00 00 91 00 00 00 0b"
	"00 09 00 00 06 73 65 72 76 65 72 ff 01 00 01 00 00 0a 00 14 00 12 00 1d 00 17 00 18 00 19"
	"01 00 01 01 01 02 01 03 01 04 00 23 00 00 00 33 00 26 00 24 00 1d 00 20 99 38 1d e5 60 e4"
	"bd 43 d2 3d 8e 43 5a 7d ba fe b3 c0 6e 51 c1 3c ae 4d 54 13 69 1e 52 9a af 2c 00 2b 00 03"
	"02 03 04 00 0d 00 20 00 1e 04 03 05 03 06 03 02 03 08 04 08 05 08 06 04 01 05 01 06 01 02"
	"01 04 02 05 02 06 02 02 02 00 2d 00 02 01 01 00 1c 00 02 40 01";

enum { RFC8448_BYTES = 201, HEADER_BYTES = 5 };

static uint32_t rfc8448_hello(uint8_t *bytes)
{
	return hex_bytes(rfc8448, bytes, RFC8448_BYTES);
}

static uint32_t put(uint8_t *bytes, uint32_t at, uint32_t value, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++)
		bytes[at + i] = (uint8_t)(value >> 8 * (width - 1 - i));
	return at + width;
}

/* A ClientHello message (no record) around an extensions block given in hex; NULL: no block. */
static uint32_t build_message(uint8_t *bytes, const char *extensions, uint32_t padding)
{
	uint32_t at = put(bytes, 4, 0x0303, 2), block = at + 39;

	memset(bytes + at, 0xa5, 32);
	at = put(bytes, at + 32, 0, 1); /* session id */
	at = put(bytes, at, 2, 2);      /* cipher suites */
	at = put(bytes, at, 0x1301, 2); /* TLS_AES_128_GCM_SHA256 */
	at = put(bytes, at, 0x0100, 2); /* compression: null */
	assert_int_equal(at, block);
	if (extensions) {
		at += 2 + hex_bytes(extensions, bytes + at + 2, 1024);
		if (padding) { /* RFC 7685 */
			at = put(bytes, at, 21, 2);
			at = put(bytes, at, padding - 4, 2);
			memset(bytes + at, 0, padding - 4);
			at += padding - 4;
		}
		put(bytes, block, at - block - 2, 2);
	}
	put(bytes, 0, 1, 1);
	put(bytes, 1, at - 4, 3);
	return at;
}

/* Appends a record of `type` with `count` bytes of `body`. */
static uint32_t put_record(
	uint8_t *bytes, uint32_t at, uint8_t type, const uint8_t *body, uint32_t count)
{
	at = put(bytes, at, type, 1);
	at = put(bytes, at, 0x0301, 2);
	at = put(bytes, at, count, 2);
	memcpy(bytes + at, body, count);
	return at + count;
}

struct answer {
	enum finding finding;
	struct tls_client_hello hello;
	char sni[300]; /* as a string: a zero byte in it is shown as % */
};

/* From a heap block of exactly that size, where a sanitizer sees a read beyond it. */
static struct answer parse(const uint8_t *bytes, uint32_t len, enum tls_records records)
{
	uint8_t *copy = malloc(len), *scratch = malloc(TLS_HELLO_BYTES);
	struct answer answer = {0};

	if (len)
		memcpy(copy, bytes, len);
	answer.finding = tls_client_hello_parse((struct span){copy, len}, records,
		records == TLS_RECORDS_FIRST ? NULL : scratch, &answer.hello);
	for (uint32_t i = 0; answer.finding == FINDING_IS && i < answer.hello.sni.len && i < 299;
		i++)
		answer.sni[i] = answer.hello.sni.data[i] ? (char)answer.hello.sni.data[i] : '%';
	free(copy);
	free(scratch);
	return answer;
}

static void expect(const char *what, const uint8_t *bytes, uint32_t len, enum tls_records records,
	enum finding finding, const char *sni)
{
	struct answer answer = parse(bytes, len, records);

	if (answer.finding != finding)
		fail_msg("%s (records %d): found %d, not %d", what, records, answer.finding,
			finding);
	if (finding == FINDING_IS && strcmp(answer.sni, sni) != 0)
		fail_msg("%s (records %d): sni '%s', not '%s'", what, records, answer.sni, sni);
}

static void published_hello_is_read(void **state)
{
	uint8_t bytes[RFC8448_BYTES];
	uint32_t len = rfc8448_hello(bytes);

	assert_int_equal(len, RFC8448_BYTES);
	for (int records = TLS_RECORDS_FIRST; records <= TLS_RECORDS_ALL; records++) {
		struct answer answer = parse(bytes, len, records);

		assert_int_equal(answer.finding, FINDING_IS);
		assert_string_equal(answer.sni, "server");
		assert_int_equal(answer.hello.sni.len, 6);
		assert_int_equal(answer.hello.legacy_version, 0x0303);
		assert_false(answer.hello.ech);
	}
}

static void every_truncation_asks_for_more(void **state)
{
	uint8_t bytes[RFC8448_BYTES];

	rfc8448_hello(bytes);
	for (uint32_t len = 0; len < RFC8448_BYTES; len++) {
		expect("truncated", bytes, len, TLS_RECORDS_FIRST, FINDING_NOT_YET, "");
		expect("truncated", bytes, len, TLS_RECORDS_ALL, FINDING_NOT_YET, "");
	}
}

/* What the throttler of Twitter in 2021 needed (Xue et al., IMC 2021): each row changes one field
 * of the published hello. */
static void each_field_a_throttler_needs(void **state)
{
	static const struct {
		const char *what;
		uint32_t at, width, value;
		enum finding finding;
		const char *sni;
	} rows[] = {
		{"unchanged", 0, 1, 0x16, FINDING_IS, "server"},
		{"content type alert", 0, 1, 21, FINDING_IS_NOT, ""},
		{"content type application data", 0, 1, 23, FINDING_IS_NOT, ""},
		{"content type inverted", 0, 1, 0xe9, FINDING_IS_NOT, ""},
		{"SSL 3.0 record", 1, 2, 0x0300, FINDING_IS, "server"},
		{"TLS 1.3 record", 1, 2, 0x0304, FINDING_IS, "server"},
		{"version 3.5", 1, 2, 0x0305, FINDING_IS_NOT, ""},
		{"version 2.3", 1, 2, 0x0203, FINDING_IS_NOT, ""},
		{"record of no bytes", 3, 2, 0, FINDING_IS_NOT, ""},
		{"record ends in the handshake header", 3, 2, 3, FINDING_IS_NOT, ""},
		{"record one byte short", 3, 2, 195, FINDING_IS_NOT, ""},
		{"record one byte longer than what is there", 3, 2, 197, FINDING_NOT_YET, ""},
		{"record too large for plaintext", 3, 2, 16385, FINDING_IS_NOT, ""},
		{"ServerHello", 5, 1, 2, FINDING_IS_NOT, ""},
		{"handshake type inverted", 5, 1, 0xfe, FINDING_IS_NOT, ""},
		{"message one byte longer than the record", 6, 3, 193, FINDING_IS_NOT, ""},
		{"message one byte shorter than its fields", 6, 3, 191, FINDING_IS_NOT, ""},
		{"message of no bytes", 6, 3, 0, FINDING_IS_NOT, ""},
		{"message of 2^24 - 1 bytes", 6, 3, 0xffffff, FINDING_IS_NOT, ""},
		{"hello version 3.1", 9, 2, 0x0301, FINDING_IS, "server"},
		{"hello version of DTLS 1.2", 9, 2, 0xfefd, FINDING_IS_NOT, ""},
		{"session id takes the next byte", 43, 1, 1, FINDING_IS_NOT, ""},
		{"session id of 33 bytes", 43, 1, 33, FINDING_IS_NOT, ""},
		{"session id to beyond the end", 43, 1, 255, FINDING_IS_NOT, ""},
		{"no cipher suites", 44, 2, 0, FINDING_IS_NOT, ""},
		{"cipher suites, odd", 44, 2, 7, FINDING_IS_NOT, ""},
		{"cipher suites, two more", 44, 2, 8, FINDING_IS_NOT, ""},
		{"cipher suites to beyond the end", 44, 2, 0xfffe, FINDING_IS_NOT, ""},
		{"no compression method", 52, 1, 0, FINDING_IS_NOT, ""},
		{"compression methods, one more", 52, 1, 2, FINDING_IS_NOT, ""},
		{"extensions one byte longer", 54, 2, 0x92, FINDING_IS_NOT, ""},
		{"extensions one byte shorter", 54, 2, 0x90, FINDING_IS_NOT, ""},
		{"extension type inverted", 56, 2, 0xffff, FINDING_IS, ""},
		{"server_name one byte longer", 58, 2, 12, FINDING_IS_NOT, ""},
		{"server_name to beyond the end", 58, 2, 0xffff, FINDING_IS_NOT, ""},
		{"list one byte longer", 60, 2, 10, FINDING_IS, ""},
		{"list one byte shorter", 60, 2, 8, FINDING_IS, ""},
		{"empty list", 60, 2, 0, FINDING_IS, ""},
		{"name type inverted", 62, 1, 0xff, FINDING_IS, ""},
		{"name one byte longer", 63, 2, 7, FINDING_IS, ""},
		{"name one byte shorter", 63, 2, 5, FINDING_IS, ""},
		{"empty name", 63, 2, 0, FINDING_IS, ""},
		{"name inverted in its first byte", 65, 1, 0x8c, FINDING_IS,
			"\x8c"
			"erver"},
		{"next extension is a second server_name", 71, 2, 0, FINDING_IS, ""},
	};
	uint8_t bytes[RFC8448_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rfc8448_hello(bytes);
		put(bytes, rows[i].at, rows[i].value, rows[i].width);
		expect(rows[i].what, bytes, RFC8448_BYTES, TLS_RECORDS_FIRST, rows[i].finding,
			rows[i].sni);
	}
}

/* Every value of every byte: read within bounds, and any name found lies within the input. */
static void no_single_byte_breaks_it(void **state)
{
	uint8_t bytes[RFC8448_BYTES];
	uint32_t found = 0;

	for (uint32_t at = 0; at < RFC8448_BYTES; at++) {
		rfc8448_hello(bytes);
		for (int value = 0; value < 256; value++) {
			bytes[at] = (uint8_t)value;
			for (int records = TLS_RECORDS_FIRST; records <= TLS_RECORDS_ALL;
				records++) {
				struct answer answer = parse(bytes, RFC8448_BYTES, records);

				found += answer.finding == FINDING_IS;
				assert_true(answer.hello.sni.len <= RFC8448_BYTES - 65);
			}
		}
	}
	/* At least where the random lies (32 bytes) any value is as good as another. */
	assert_true(found >= 2 * 32 * 256);
}

static void server_name_lists(void **state)
{
	static const struct {
		const char *what, *extensions, *sni;
		bool ech;
	} rows[] = {
		{"no extensions block", NULL, "", false},
		{"empty extensions block", "", "", false},
		{"a.b", "0000 0008 0006 00 0003 612e62", "a.b", false},
		{"trailing dot as sent", "0000 0009 0007 00 0004 612e622e", "a.b.", false},
		{"a zero byte is kept", "0000 0008 0006 00 0003 610062", "a%b", false},
		{"empty extension, as servers send", "0000 0000", "", false},
		{"half a list length", "0000 0001 00", "", false},
		{"another type before it", "0000 000c 000a 01 0001 78 00 0003 612e62", "a.b",
			false},
		{"another type after it", "0000 000c 000a 00 0003 612e62 01 0001 78", "a.b", false},
		{"two host names", "0000 000c 000a 00 0003 612e62 00 0001 78", "", false},
		{"empty name", "0000 0005 0003 00 0000", "", false},
		{"empty name, then another", "0000 0009 0007 00 0000 00 0001 78", "", false},
		{"one byte after the list", "0000 0009 0006 00 0003 612e62 00", "", false},
		{"one byte after the entry", "0000 0009 0007 00 0003 612e62 00", "", false},
		{"twice", "0000 0008 0006 00 0003 612e62 0000 0008 0006 00 0003 612e62", "", false},
		{"grease before it", "0a0a 0000 0000 0008 0006 00 0003 612e62", "a.b", false},
		{"name in another extension", "0010 0008 0006 00 0003 612e62", "", false},
		{"ECH and outer name", "0000 0008 0006 00 0003 612e62 fe0d 0001 00", "a.b", true},
		{"ECH alone", "fe0d 0000", "", true},
	};
	uint8_t message[2048], bytes[2048];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t count = build_message(message, rows[i].extensions, 0);
		uint32_t len = put_record(bytes, 0, 22, message, count);

		expect(rows[i].what, bytes, len, TLS_RECORDS_FIRST, FINDING_IS, rows[i].sni);
		expect(rows[i].what, bytes, len, TLS_RECORDS_ALL, FINDING_IS, rows[i].sni);
		assert_int_equal(
			parse(bytes, len, TLS_RECORDS_ALL).hello.ech != TLS_ECH_NONE, rows[i].ech);
	}
}

/* What follows the random, up to the end of the message; limits of RFC 8446 section 4.1.2. */
static void fields_of_the_message(void **state)
{
#define EIGHT "0123456789abcdef"
	static const struct {
		const char *what, *fields;
		enum finding finding;
	} rows[] = {
		{"least there can be", "00 0002 1301 01 00", FINDING_IS},
		{"empty extensions", "00 0002 1301 01 00 0000", FINDING_IS},
		{"session id of 32", "20" EIGHT EIGHT EIGHT EIGHT "0002 1301 01 00", FINDING_IS},
		{"session id of 33", "21" EIGHT EIGHT EIGHT EIGHT "00 0002 1301 01 00",
			FINDING_IS_NOT},
		{"no cipher suites", "00 0000 01 00", FINDING_IS_NOT},
		{"half a cipher suite", "00 0001 13 01 00", FINDING_IS_NOT},
		{"a cipher suite and a half", "00 0003 130113 01 00", FINDING_IS_NOT},
		{"no compression methods", "00 0002 1301 00", FINDING_IS_NOT},
		{"two compression methods", "00 0002 1301 02 0001", FINDING_IS},
		{"ends after the cipher suites", "00 0002 1301", FINDING_IS_NOT},
		{"ends after the session id", "00", FINDING_IS_NOT},
		{"ends after the random", "", FINDING_IS_NOT},
		{"half an extensions length", "00 0002 1301 01 00 00", FINDING_IS_NOT},
		{"a byte after the extensions", "00 0002 1301 01 00 0000 00", FINDING_IS_NOT},
		{"an extension after the extensions", "00 0002 1301 01 00 0000 00170000",
			FINDING_IS_NOT},
	};
#undef EIGHT
	uint8_t message[256], bytes[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t count = 38 + hex_bytes(rows[i].fields, message + 38, 200), len;

		put(message, 0, 1, 1);
		put(message, 1, count - 4, 3);
		put(message, 4, 0x0303, 2);
		memset(message + 6, 0xa5, 32);
		len = put_record(bytes, 0, 22, message, count);
		expect(rows[i].what, bytes, len, TLS_RECORDS_FIRST, rows[i].finding, "");
		expect(rows[i].what, bytes, len, TLS_RECORDS_ALL, rows[i].finding, "");
	}
}

static void extensions_that_overrun(void **state)
{
	static const char *const blocks[] = {"00", "0000", "000000", "00170001", "0017000200",
		"0000 0008 0006 00 0003 612e62 00"};
	uint8_t message[2048], bytes[2048];

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		uint32_t count = build_message(message, blocks[i], 0);
		uint32_t len = put_record(bytes, 0, 22, message, count);

		expect(blocks[i], bytes, len, TLS_RECORDS_FIRST, FINDING_IS_NOT, "");
	}
}

/* Each row is a stream of records: "22:0-9" carries bytes [0, 9) of the published message (196
 * bytes), other types carry that many bytes of anything. */
static void records_before_and_between(void **state)
{
	struct piece {
		uint8_t type;
		uint8_t begin, end;
	};
	static const struct {
		const char *what;
		struct piece pieces[5];
		enum finding first, all;
	} rows[] = {
		{"one record", {{22, 0, 196}}, FINDING_IS, FINDING_IS},
		{"a record after it", {{22, 0, 196}, {23, 0, 9}}, FINDING_IS, FINDING_IS},
		{"change_cipher_spec before", {{20, 0, 1}, {22, 0, 196}}, FINDING_IS_NOT,
			FINDING_IS},
		{"alert before", {{21, 0, 2}, {22, 0, 196}}, FINDING_IS_NOT, FINDING_IS},
		{"three before", {{20, 0, 1}, {23, 0, 99}, {21, 0, 2}, {22, 0, 196}},
			FINDING_IS_NOT, FINDING_IS},
		{"only others", {{20, 0, 1}, {21, 0, 2}}, FINDING_IS_NOT, FINDING_NOT_YET},
		{"unknown type before", {{24, 0, 1}, {22, 0, 196}}, FINDING_IS_NOT, FINDING_IS_NOT},
		{"split in two", {{22, 0, 100}, {22, 100, 196}}, FINDING_IS_NOT, FINDING_IS},
		{"split in its header", {{22, 0, 1}, {22, 1, 3}, {22, 3, 196}}, FINDING_IS_NOT,
			FINDING_IS},
		{"split in its name", {{22, 0, 63}, {22, 63, 196}}, FINDING_IS_NOT, FINDING_IS},
		{"split, end missing", {{22, 0, 100}, {22, 100, 195}}, FINDING_IS_NOT,
			FINDING_NOT_YET},
		{"another type between", {{22, 0, 100}, {20, 0, 1}, {22, 100, 196}}, FINDING_IS_NOT,
			FINDING_IS_NOT},
		{"another message first", {{22, 4, 100}, {22, 0, 196}}, FINDING_IS_NOT,
			FINDING_IS_NOT},
	};
	uint8_t record[RFC8448_BYTES], bytes[2048];

	rfc8448_hello(record);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t len = 0;

		for (const struct piece *piece = rows[i].pieces; piece->type; piece++)
			len = put_record(bytes, len, piece->type,
				record + HEADER_BYTES + piece->begin, piece->end - piece->begin);
		expect(rows[i].what, bytes, len, TLS_RECORDS_FIRST, rows[i].first, "server");
		expect(rows[i].what, bytes, len, TLS_RECORDS_ALL, rows[i].all, "server");
	}
}

static void one_byte_a_record(void **state)
{
	uint8_t record[RFC8448_BYTES], bytes[2048];
	uint32_t len = 0;

	rfc8448_hello(record);
	for (uint32_t i = HEADER_BYTES; i < RFC8448_BYTES; i++)
		len = put_record(bytes, len, 22, record + i, 1);
	assert_int_equal(len, 196 * 6);
	expect("one byte a record", bytes, len, TLS_RECORDS_ALL, FINDING_IS, "server");
	for (uint32_t cut = 0; cut < len; cut++)
		expect("truncated", bytes, cut, TLS_RECORDS_ALL, FINDING_NOT_YET, "");
}

/* What is inside a record is a handshake message: a record there is one of type 22. */
static void record_in_a_record(void **state)
{
	uint8_t record[RFC8448_BYTES], bytes[2048];
	uint32_t len;

	rfc8448_hello(record);
	len = put_record(bytes, 0, 22, record, RFC8448_BYTES);
	expect("a record in a record", bytes, len, TLS_RECORDS_FIRST, FINDING_IS_NOT, "");
	expect("a record in a record", bytes, len, TLS_RECORDS_ALL, FINDING_IS_NOT, "");
}

/* Header, version, random, session id, cipher suites, compression: 4 + 2 + 32 + 1 + 4 + 2 = 45
 * bytes; then the length of the block 2, the name 12, and padding the rest. */
static void longest_hello(void **state)
{
	static const char name[] = "0000 0008 0006 00 0003 612e62";
	static uint8_t message[ROOM], bytes[ROOM];
	uint32_t count = build_message(message, name, TLS_HELLO_BYTES - 45 - 2 - 12);
	uint32_t len = put_record(bytes, 0, 22, message, count);

	assert_int_equal(count, TLS_HELLO_BYTES);
	expect("16384 in one record", bytes, len, TLS_RECORDS_FIRST, FINDING_IS, "a.b");
	len = put_record(bytes, 0, 22, message, 10000);
	len = put_record(bytes, len, 22, message + 10000, count - 10000);
	expect("16384 in two records", bytes, len, TLS_RECORDS_ALL, FINDING_IS, "a.b");

	count = build_message(message, name, TLS_HELLO_BYTES - 45 - 2 - 12 + 1);
	len = put_record(bytes, 0, 22, message, 10000);
	len = put_record(bytes, len, 22, message + 10000, count - 10000);
	expect("16385 in two records", bytes, len, TLS_RECORDS_ALL, FINDING_IS_NOT, "");
}

static void record_headers(void **state)
{
	static const struct {
		const char *bytes;
		bool is;
	} rows[] = {
		{"14 03 03 00 01", true},
		{"15 03 00 00 02", true},
		{"16 03 01 02 00", true},
		{"17 03 04 48 00", true},
		{"13 03 03 00 01", false},
		{"18 03 03 00 01", false},
		{"16 02 00 00 01", false},
		{"16 03 05 00 01", false},
		{"16 fe fd 00 01", false},
		{"16 03 03 00 00", false},
		{"17 03 03 48 01", false},
		{"16 03 03 00", false},
		{"", false},
		{"80 2e 01 03 01", false},
	};
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t len = hex_bytes(rows[i].bytes, bytes, sizeof(bytes));

		if (tls_is_record((struct span){bytes, len}) != rows[i].is)
			fail_msg("'%s' is %sa record", rows[i].bytes, rows[i].is ? "" : "not ");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_hello_is_read),
		cmocka_unit_test(every_truncation_asks_for_more),
		cmocka_unit_test(each_field_a_throttler_needs),
		cmocka_unit_test(no_single_byte_breaks_it),
		cmocka_unit_test(server_name_lists),
		cmocka_unit_test(fields_of_the_message),
		cmocka_unit_test(extensions_that_overrun),
		cmocka_unit_test(records_before_and_between),
		cmocka_unit_test(one_byte_a_record),
		cmocka_unit_test(record_in_a_record),
		cmocka_unit_test(longest_hello),
		cmocka_unit_test(record_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
