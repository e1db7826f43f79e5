/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/dns.h"
#include "tests/unit/hex.h"

#define HEADER   "1234 0100 0001 0000 0000 0000 "  /* a query, recursion desired */
#define EDNS     "1234 0100 0001 0000 0000 0001 "  /* and an OPT record */
#define RESPONSE "1234 8180 0001 0001 0000 0000 "  /* an answer */
#define EXAMPLE  "07 6578616d706c65 03 6f7267 00 " /* example.org */

struct row {
	const char *what, *bytes;
	enum finding finding;
	const char *name;
	uint16_t type;
	bool response;
};

/* RFC 1035 section 4.1.1 and 4.1.2, 3.1 for names. */
static const struct row rows[] = {
	{"query", HEADER EXAMPLE "0001 0001", FINDING_IS, "example.org", 1, false},
	{"AAAA", HEADER EXAMPLE "001c 0001", FINDING_IS, "example.org", 28, false},
	{"query with EDNS", EDNS EXAMPLE "0001 0001 00 0029 04d0 00000000 0000", FINDING_IS,
		"example.org", 1, false},
	{"response", RESPONSE EXAMPLE "0001 0001 c00c 0001 0001 00000e10 0004 c0000201", FINDING_IS,
		"example.org", 1, true},
	{"the root", HEADER "00 0002 0001", FINDING_IS, "", 2, false},
	{"case stays", HEADER "02 4f52 00 0001 0001", FINDING_IS, "OR", 1, false},
	{"CHAOS", HEADER "04 62696e64 00 0010 0003", FINDING_IS, "bind", 16, false},
	{"nothing", "", FINDING_IS_NOT, "", 0, false},
	{"header alone", HEADER, FINDING_IS_NOT, "", 0, false},
	{"no question", "1234 0100 0000 0000 0000 0000 " EXAMPLE "0001 0001", FINDING_IS_NOT, "", 0,
		false},
	{"two questions", "1234 0100 0002 0000 0000 0000 " EXAMPLE "0001 0001", FINDING_IS_NOT, "",
		0, false},
	{"a query with answers", "1234 0100 0001 0001 0000 0000 " EXAMPLE "0001 0001",
		FINDING_IS_NOT, "", 0, false},
	{"opcode 3", "1234 1900 0001 0000 0000 0000 " EXAMPLE "0001 0001", FINDING_IS_NOT, "", 0,
		false},
	{"class 7", HEADER EXAMPLE "0001 0007", FINDING_IS_NOT, "", 0, false},
	{"type 0", HEADER EXAMPLE "0000 0001", FINDING_IS_NOT, "", 0, false},
	{"name without end", HEADER "07 6578616d706c65", FINDING_IS_NOT, "", 0, false},
	{"label beyond the end", HEADER "3f 6578", FINDING_IS_NOT, "", 0, false},
	{"pointer to itself", HEADER "c00c 0001 0001", FINDING_IS_NOT, "", 0, false},
	{"pointer ahead", HEADER "c010 0001 0001 " EXAMPLE, FINDING_IS_NOT, "", 0, false},
	{"pointer after a label", HEADER "01 61 c00c 0001 0001", FINDING_IS_NOT, "", 0, false},
	{"label of type 01", HEADER "41 61 00 0001 0001", FINDING_IS_NOT, "", 0, false},
	{"type cut", HEADER EXAMPLE "00", FINDING_IS_NOT, "", 0, false},
	{"class cut", HEADER EXAMPLE "0001 00", FINDING_IS_NOT, "", 0, false},
};

static void check(const struct row *row, enum finding finding, const struct dns_question *question)
{
	if (finding != row->finding)
		fail_msg("%s: %d", row->what, finding);
	if (finding != FINDING_IS)
		return;
	assert_int_equal(question->name_bytes, strlen(row->name));
	assert_memory_equal(question->name, row->name, strlen(row->name));
	assert_int_equal(question->type, row->type);
	assert_int_equal(question->response, row->response);
}

static void datagrams(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[256], *copy;
		uint32_t len = hex_bytes(rows[i].bytes, bytes, sizeof(bytes));
		struct dns_question question;

		copy = malloc(len); /* its exact size, so that a sanitizer sees a read beyond */
		memcpy(copy, bytes, len);
		check(&rows[i], dns_message_parse((struct span){copy, len}, &question), &question);
		free(copy);
	}
}

/* Section 4.2.2: two bytes of length before it. */
static void streams(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[256] = {0};
		uint32_t len = hex_bytes(rows[i].bytes, bytes + 2, sizeof(bytes) - 2);
		struct dns_question question;

		bytes[1] = (uint8_t)len;
		check(&rows[i], dns_stream_parse((struct span){bytes, len + 2}, &question),
			&question);
	}
}

/* Whatever comes later may complete a beginning, and what is there decides. */
static void every_cut_of_a_stream(void **state)
{
	uint8_t bytes[64] = {0};
	uint32_t len = hex_bytes(HEADER EXAMPLE "0001 0001", bytes + 2, sizeof(bytes) - 2) + 2;
	struct dns_question question;

	bytes[1] = (uint8_t)(len - 2);
	assert_int_equal(dns_stream_parse((struct span){bytes, 0}, &question), FINDING_IS_NOT);
	for (uint32_t cut = 1; cut < len; cut++)
		assert_int_equal(
			dns_stream_parse((struct span){bytes, cut}, &question), FINDING_NOT_YET);
	assert_int_equal(dns_stream_parse((struct span){bytes, len}, &question), FINDING_IS);
	bytes[1] = 11; /* less than a header */
	assert_int_equal(dns_stream_parse((struct span){bytes, len}, &question), FINDING_IS_NOT);
}

/* Section 3.1: 255 bytes with lengths and root, so 253 as text: three labels of 63 and one of 61
 * are 64 + 64 + 64 + 62 + 1 = 255. */
static void longest_name(void **state)
{
	static const uint8_t labels[] = {63, 63, 63, 61};
	struct dns_question question;
	uint8_t bytes[300];
	uint32_t at = hex_bytes(HEADER, bytes, sizeof(bytes));

	for (size_t i = 0; i < sizeof(labels); i++) {
		bytes[at++] = labels[i];
		memset(bytes + at, 'a', labels[i]);
		at += labels[i];
	}
	at += hex_bytes("00 0001 0001", bytes + at, sizeof(bytes) - at);
	assert_int_equal(dns_message_parse((struct span){bytes, at}, &question), FINDING_IS);
	assert_int_equal(question.name_bytes, 253);
	/* 62 in the last one: 256 */
	at = hex_bytes(HEADER, bytes, sizeof(bytes)) + 3 * 64;
	bytes[at] = 62;
	memset(bytes + at + 1, 'a', 62);
	at += 63;
	at += hex_bytes("00 0001 0001", bytes + at, sizeof(bytes) - at);
	assert_int_equal(dns_message_parse((struct span){bytes, at}, &question), FINDING_IS_NOT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams),
		cmocka_unit_test(streams),
		cmocka_unit_test(every_cut_of_a_stream),
		cmocka_unit_test(longest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
