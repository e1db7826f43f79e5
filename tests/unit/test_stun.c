/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/stun.h"
#include "tests/unit/hex.h"

/* RFC 5769 section 2.1: sample request. */
/* clang-format off */
static const char rfc5769_request[] =
	"00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
	"80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74"
	"00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36"
	"00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20"
	"00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2"
	"80 28 00 04 e5 7a 3b cf";
/* RFC 5769 section 2.2: sample IPv4 response. */
static const char rfc5769_response[] =
	"01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"
	"80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20"
	"00 20 00 08 00 01 a1 47 e1 12 a6 43"
	"00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7"
	"80 28 00 04 c0 7d 4c 96";
/* clang-format on */

struct row {
	const char *what, *bytes;
	struct stun_message want;
};

#define TRANSACTION "000102030405060708090a0b"

/* Types by RFC 8489 section 5: bits M11..M7 C1 M6..M4 C0 M3..M0. */
static const struct row messages[] = {
	{"RFC 5769 2.1", rfc5769_request, {STUN_BINDING, STUN_REQUEST, true, true, 6}},
	{"RFC 5769 2.2", rfc5769_response, {STUN_BINDING, STUN_SUCCESS, true, true, 4}},
	{"indication", "0011 0000 2112a442" TRANSACTION,
		{STUN_BINDING, STUN_INDICATION, true, false, 0}},
	{"error", "0111 0000 2112a442" TRANSACTION, {STUN_BINDING, STUN_ERROR, true, false, 0}},
	{"allocate", "0003 0008 2112a442" TRANSACTION "0019 0004 11000000",
		{STUN_ALLOCATE, STUN_REQUEST, true, false, 1}},
	{"allocate refused", "0113 0000 2112a442" TRANSACTION,
		{STUN_ALLOCATE, STUN_ERROR, true, false, 0}},
	{"send", "0016 0000 2112a442" TRANSACTION, {STUN_SEND, STUN_INDICATION, true, false, 0}},
	{"data", "0017 0000 2112a442" TRANSACTION, {STUN_DATA, STUN_INDICATION, true, false, 0}},
	{"channel bound", "0109 0000 2112a442" TRANSACTION,
		{STUN_CHANNEL_BIND, STUN_SUCCESS, true, false, 0}},
	{"highest method", "3eef 0000 2112a442" TRANSACTION, {0xfff, STUN_REQUEST, true, false, 0}},
	{"classic", "0001 0008 00112233" TRANSACTION "0003 0004 00000000",
		{STUN_BINDING, STUN_REQUEST, false, false, 1}},
	{"classic, shared secret", "0002 0000 00112233" TRANSACTION,
		{STUN_SHARED_SECRET, STUN_REQUEST, false, false, 0}},
};

static const struct row others[] = {
	{"nothing", "", {0}},
	{"header cut", "0001 0000 2112a442 000102030405060708090a", {0}},
	{"first bits set", "4001 0000 2112a442" TRANSACTION, {0}},
	{"length of one too many", "0001 0004 2112a442" TRANSACTION, {0}},
	{"length not of four", "0001 0003 2112a442" TRANSACTION "000000", {0}},
	{"bytes after it", "0001 0000 2112a442" TRANSACTION "00000000", {0}},
	{"an attribute beyond the end", "0001 0004 2112a442" TRANSACTION "0006 0004", {0}},
	{"an attribute that lies", "0001 0008 2112a442" TRANSACTION "0006 ffff 00000000", {0}},
	{"padding missing", "0001 0004 2112a442" TRANSACTION "0006 0001", {0}},
	{"after the fingerprint", "0001 000c 2112a442" TRANSACTION "8028 0004 00000000 0006 0000",
		{0}},
	{"no cookie, a TURN method", "0003 0000 00112233" TRANSACTION, {0}},
};

static enum finding parse(const char *text, struct stun_message *message)
{
	uint8_t bytes[256], *copy;
	uint32_t len = hex_bytes(text, bytes, sizeof(bytes));
	enum finding finding;

	copy = malloc(len); /* its exact size, so that a sanitizer sees a read beyond */
	memcpy(copy, bytes, len);
	finding = stun_message_parse((struct span){copy, len}, message);
	free(copy);
	return finding;
}

static void stun_messages(void **state)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct stun_message *want = &messages[i].want;
		struct stun_message got;

		if (parse(messages[i].bytes, &got) != FINDING_IS)
			fail_msg("%s: not recognised", messages[i].what);
		if (got.method != want->method || got.class != want->class ||
			got.cookie != want->cookie || got.fingerprint != want->fingerprint ||
			got.attributes != want->attributes)
			fail_msg("%s: read wrongly", messages[i].what);
	}
}

static void other_messages(void **state)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct stun_message got;

		if (parse(others[i].bytes, &got) != FINDING_IS_NOT)
			fail_msg("%s: recognised", others[i].what);
	}
}

/* No beginning of a message is one. */
static void every_cut(void **state)
{
	uint8_t bytes[256];
	uint32_t len = hex_bytes(rfc5769_request, bytes, sizeof(bytes));
	struct stun_message got;

	assert_int_equal(len, 108);
	for (uint32_t cut = 0; cut < len; cut++)
		assert_int_equal(
			stun_message_parse((struct span){bytes, cut}, &got), FINDING_IS_NOT);
}

/* RFC 8656 section 12: channels 0x4000 to 0x4fff; padding to 4 bytes over TCP. */
static void channel_data(void **state)
{
	static const struct {
		const char *bytes;
		bool is;
	} rows[] = {
		{"4000 0000", true},
		{"4fff 0004 01020304", true},
		{"4001 0003 01020300", true},
		{"4001 0003 010203", true},
		{"4001 0001 01000000", true},
		{"4001 0000 01000000", false},
		{"3fff 0000", false},
		{"5000 0000", false},
		{"4001 0005 01020304", false},
		{"4001 00", false},
		{"", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[16];
		uint32_t len = hex_bytes(rows[i].bytes, bytes, sizeof(bytes));

		if (stun_is_channel_data((struct span){bytes, len}) != rows[i].is)
			fail_msg("%s", rows[i].bytes);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stun_messages),
		cmocka_unit_test(other_messages),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(channel_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
