/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of RFC 9000 section 19 before and after a hello that lies whole in a CRYPTO frame: what a
 * reader must step over, and what makes a packet one that nobody can read on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/quic.h"
#include "tests/unit/hex.h"
#include "tests/unit/quic_seal.h"

enum { ROOM = 1400 };

#define V1   0x00000001u
#define T051 0x54303531u

/* A hello of 59 bytes for a.b: header, version, random, nothing, one suite, null, server_name. */
#define MESSAGE                                                                                   \
	"01000037 0303 a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5 00 0002 " \
	"1301 "                                                                                   \
	"01 00 000c 0000 0008 0006 00 0003 612e62 "
#define CRYPTO "06 00 3b " MESSAGE
#define LATE   "08 00 3b " MESSAGE
#define MOST   "ffffffffffffffff " /* 2^62 - 1 */

static struct quic quic;

/* Which ways find the name, as bits. */
enum { NONE = 0, OPEN = (1 << QUIC_WAYS) - 1 - (1 << QUIC_WAY_CLOSED) };

static const struct {
	const char *what;
	uint32_t version;
	const char *frames;
	uint8_t ways;
} rows[] = {
	{"nothing else", V1, CRYPTO, OPEN},
	{"no hello", V1, "00 01 00", NONE},
	{"PADDING and PING", V1, "00 00 01 00" CRYPTO, OPEN},
	{"a number of eight bytes", V1, "06 c000000000000000 c00000000000003b" MESSAGE, OPEN},
	{"an empty CRYPTO frame before", V1, "06 00 00" CRYPTO, OPEN},
	{"many empty ones", V1, "06 00 00 06 00 00 06 05 00 06 00 00 06 00 00 06 3f 00" CRYPTO,
		OPEN},
	{"an empty one far away", V1, "06" MOST "00" CRYPTO, OPEN},
	{"nothing but empty ones", V1, "06 00 00 06 00 00 06 00 00", NONE},
	{"a byte far away", V1, "06" MOST "01 ff" CRYPTO, OPEN},
	{"a byte at 16384", V1, "06 80004000 01 ff" CRYPTO, OPEN},
	{"its first byte before it", V1, "06 00 01 01" CRYPTO, OPEN},
	{"another first byte before it", V1, "06 00 01 02" CRYPTO, 1 << QUIC_WAY_ONE_FRAME},
	{"a frame that goes on, before", V1, "06 00" MOST CRYPTO, NONE},
	{"a frame that goes on, after", V1, CRYPTO "06 00" MOST, OPEN},
	{"a frame one longer than there is", V1, "06 00 3c" MESSAGE, NONE},
	{"a frame one shorter", V1, "06 00 3a" MESSAGE, NONE},
	{"an offset and no length", V1, "06 00", NONE},
	{"half an offset", V1, "06 c0", NONE},
	{"ACK", V1, "02 05 00 01 02 00 00" CRYPTO, OPEN},
	{"ACK of 2^62 - 1 ranges", V1, "02 05 00" MOST "00" CRYPTO, NONE},
	{"ACK with counts", V1, "03 05 00 00 02 01 02 03" CRYPTO, OPEN},
	{"ACK that ends early", V1, CRYPTO "02 05", OPEN},
	{"CONNECTION_CLOSE", V1, "1c 00 06 02 6869" CRYPTO, OPEN},
	{"CONNECTION_CLOSE with 2^62 - 1 words", V1, "1c 00 06" MOST CRYPTO, NONE},
	/* Section 12.4: no others in an Initial; section 12.4: in as few bytes as can be. */
	{"STREAM", V1, "08 00" CRYPTO, NONE},
	{"a type in two bytes", V1, "4006 00 3b" MESSAGE, NONE},
	{"HANDSHAKE_DONE", V1, "1e" CRYPTO, NONE},
	/* Google's: PING is 7, CRYPTO 8; nothing else but ACK, with lengths in its type. */
	{"of RFC 9000 in Google's", T051, CRYPTO, NONE},
	{"Google's", T051, "00 07" LATE, OPEN},
	{"Google's ACK", T051, "40 05 0000 05 00" LATE, OPEN},
	{"Google's ACK with six bytes", T051, "4f 000000000005 0000 000000000005 00" LATE, OPEN},
	{"Google's ACK that ends early", T051, LATE "4f 00", OPEN},
	{"Google's ACK with more blocks", T051, "60 05 0000 05 00" LATE, NONE},
	{"Google's ACK with time stamps", T051, "40 05 0000 05 01" LATE, NONE},
};

static bool finds(enum quic_way way, const char *frames_in_hex, uint32_t version)
{
	static const uint8_t dcid[SEAL_CID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t frames[ROOM] = {0};
	uint32_t len = hex_bytes(frames_in_hex, frames, ROOM), hello = 0;
	struct quic_result result;
	struct sealed sealed;

	seal(&sealed, version, dcid, dcid, 0, frames, len < 16 ? 16 : len);
	quic_read(&quic, &hello, way, (struct span){sealed.bytes, sealed.len}, &result);
	quic_forget(&quic, &hello);
	assert_int_not_equal(result.finding, FINDING_IS_NOT);
	if (result.finding == FINDING_IS) {
		assert_int_equal(result.name.len, 3);
		assert_memory_equal(result.name.data, "a.b", 3);
	}
	return result.finding == FINDING_IS;
}

static void frames_around_a_hello(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int way = 0; way < QUIC_WAYS; way++) {
			bool found = finds(way, rows[i].frames, rows[i].version);

			if (found != (rows[i].ways >> way & 1))
				fail_msg("%s: %sfound by %d", rows[i].what, found ? "" : "not ",
					way);
		}
	}
	assert_int_equal(quic.hellos.used, 0);
}

/* The header: offset, width and value of what is overwritten. Without a true tag nothing opens, so
 * what counts is whether it still is a packet at all. */
static void headers_that_lie(void **state)
{
	static const struct {
		const char *what;
		uint32_t at, width, value;
		enum finding finding;
	} headers[] = {
		{"a connection id of 21", 5, 1, 21, FINDING_IS_NOT},
		{"a connection id of 255", 5, 1, 255, FINDING_IS_NOT},
		{"a connection id of 20", 5, 1, 20, FINDING_IS_NOT},
		{"a source id of 255", 14, 1, 255, FINDING_IS_NOT},
		{"a token of 2^14 - 1", 15, 2, 0x7fff, FINDING_IS_NOT},
		{"a token that takes a byte", 15, 1, 1, FINDING_IS_NOT},
		{"2^14 - 1 bytes", 16, 2, 0x7fff, FINDING_IS_NOT},
		{"2^62 - 1 bytes", 16, 4, 0xffffffff, FINDING_IS_NOT},
		{"no bytes", 16, 2, 0x4000, FINDING_NOT_YET},
		{"bytes for no sample", 16, 2, 0x4013, FINDING_NOT_YET},
		{"a byte less", 16, 2, 0x4051, FINDING_NOT_YET},
		{"another version", 1, 4, 0x0a0a0a0a, FINDING_IS_NOT},
		{"a draft before 22", 1, 4, 0xff000015, FINDING_IS_NOT},
		{"version 0, with no versions", 1, 4, 0, FINDING_IS_NOT},
		{"no fixed bit", 0, 1, 0x80, FINDING_IS_NOT},
		{"a short header", 0, 1, 0x40, FINDING_IS_NOT},
	};
	static const uint8_t dcid[SEAL_CID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct quic_result result;
	struct sealed sealed;
	uint8_t frames[ROOM];
	uint32_t len = hex_bytes(CRYPTO, frames, ROOM), hello = 0;

	assert_int_equal(len, 62); /* so the length says 4 + 62 + 16 = 82, 0x52 */
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		seal(&sealed, V1, dcid, dcid, 0, frames, len);
		for (uint32_t byte = 0; byte < headers[i].width; byte++)
			sealed.bytes[headers[i].at + byte] =
				(uint8_t)(headers[i].value >> 8 * (headers[i].width - 1 - byte));
		quic_read(&quic, &hello, QUIC_WAY_FULL, (struct span){sealed.bytes, sealed.len},
			&result);
		if (result.finding != headers[i].finding)
			fail_msg("%s: %d", headers[i].what, result.finding);
		assert_int_equal(hello, 0);
	}
}

static int begin(void **state)
{
	return quic_begin(&quic, 1) ? 0 : -1;
}

static int end(void **state)
{
	quic_end(&quic);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_around_a_hello),
		cmocka_unit_test(headers_that_lie),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
