/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hellos that lie about themselves: each as TLS, in QUIC and as DTLS, in pieces of 1000 bytes of
 * which the last one comes first. What the three say must be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/inspection.h"
#include "tests/unit/frames.h"
#include "tests/unit/hex.h"
#include "tests/unit/quic_seal.h"

enum { ROOM = 20000, PIECE = 1000, START = 7000, RECORD = 22, HELLO = 1 };

static struct inspector inspector;

struct row {
	const char *what;
	const char *extensions; /* in hex, after so many empty ones: */
	int empty_ones;
	int lie; /* what the length of them all says more than they have */
	bool read;
	const char *name, *alpn;
	uint16_t group;
};

#define NAME "0000 0008 0006 00 0003 612e62 " /* a.b */
#define A16  "61616161616161616161616161616161"

static const struct row rows[] = {
	{"nothing wrong", NAME, 0, 0, true, "a.b", "", 0},
	{"all one longer", NAME, 0, 1, false, "", "", 0},
	{"all one shorter", NAME, 0, -1, false, "", "", 0},
	{"all shorter by one extension", NAME "0017 0000", 0, -4, false, "", "", 0},
	{"all of 2^16 - 1", NAME, 0, 0xffff - 12, false, "", "", 0},
	{"all of nothing", NAME, 0, -12, false, "", "", 0},
	{"half a header", NAME "0017 00", 0, 0, false, "", "", 0},
	{"one that goes on", NAME "0017 ffff", 0, 0, false, "", "", 0},
	/* 2^16 have no room in 2^16 - 1 bytes; the hello ends at 16384, header and all. */
	{"very many", NAME, 4000, 0, true, "a.b", "", 0},
	{"very many, the last goes on", NAME "0017 0001", 4000, 0, false, "", "", 0},
	{"more than are read", NAME, 4096, 0, false, "", "", 0},
	{"as many as a length can say", NAME, 4500, 0xffff - 12 - 4 * 4500, false, "", "", 0},
	{"a name list that goes on", "0000 0008 ffff 00 0003 612e62", 0, 0, true, "", "", 0},
	{"a list in the list", "0000 000a 0008 0006 00 0003 612e62", 0, 0, true, "", "", 0},
	{"an extension in the name", "0000 0011 000f 00 000c" NAME, 0, 0, true,
		"%%%\x08%\x06%%\x03"
		"a.b",
		"", 0},
	{"a name of 2^16 - 1", "0000 0008 0006 00 ffff 612e62", 0, 0, true, "", "", 0},
	{"an empty name", "0000 0005 0003 00 0000", 0, 0, true, "", "", 0},
	{"an embedded NUL", "0000 0008 0006 00 0003 610062", 0, 0, true, "a%b", "", 0},
	{"not UTF-8", "0000 0008 0006 00 0003 ffc080", 0, 0, true, "\xff\xc0\x80", "", 0},
	{"a label of 64", "0000 0045 0043 00 0040" A16 A16 A16 A16, 0, 0, true,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", 0},
	{"a name within padding", "0015 000c" NAME NAME, 0, 0, true, "a.b", "", 0},
	{"two of them", NAME NAME, 0, 0, true, "", "", 0},
	{"protocols", NAME "0010 0005 0003 02 6832", 0, 0, true, "a.b", "h2", 0},
	{"protocols that go on", NAME "0010 0005 ffff 02 6832", 0, 0, true, "a.b", "", 0},
	{"protocols one longer", NAME "0010 0005 0002 02 6832", 0, 0, true, "a.b", "", 0},
	{"a protocol that goes on", NAME "0010 0005 0003 ff 6832", 0, 0, true, "a.b", "", 0},
	{"an empty protocol", NAME "0010 0003 0001 00", 0, 0, true, "a.b", "", 0},
	{"a key", NAME "0033 0007 0005 001d 0001 5a", 0, 0, true, "a.b", "", 0x1d},
	{"keys that go on", NAME "0033 0007 ffff 001d 0001 5a", 0, 0, true, "a.b", "", 0},
	{"a key that goes on", NAME "0033 0007 0005 001d ffff 5a", 0, 0, true, "a.b", "", 0},
	{"half a group", NAME "0033 0003 0001 00", 0, 0, true, "a.b", "", 0},
	{"versions that go on", NAME "002b 0003 ff 0304", 0, 0, true, "a.b", "", 0},
	{"half a version", NAME "002b 0002 01 03", 0, 0, true, "a.b", "", 0},
	{"nothing in any", "0000 0000 0010 0000 0033 0000 002b 0000 fe0d 0000", 0, 0, true, "", "",
		0},
};

static uint32_t put_body(const struct row *row, bool datagram, uint8_t *bytes)
{
	uint32_t at = frame_put(bytes, 0, datagram ? 0xfefd : 0x0303, 2), begin;

	memset(bytes + at, 0xa5, 32);
	at = frame_put(bytes, at + 32, 0, 1); /* session id */
	if (datagram)
		at = frame_put(bytes, at, 0, 1); /* cookie */
	at = frame_put(bytes, at, 2, 2);         /* cipher suites */
	at = frame_put(bytes, at, 0x1301, 2);
	at = frame_put(bytes, at, 0x0100, 2); /* compression: null */
	begin = at += 2;
	for (int i = 0; i < row->empty_ones; i++)
		at = frame_put(bytes, at, 0x0a0a0000, 4);
	at += hex_bytes(row->extensions, bytes + at, ROOM - at);
	frame_put(bytes, begin - 2, at - begin + (uint32_t)row->lie, 2);
	return at;
}

static uint32_t put_message(const struct row *row, uint8_t *bytes)
{
	uint32_t body = put_body(row, false, bytes + 4);

	frame_put(bytes, 0, HELLO, 1);
	frame_put(bytes, 1, body, 3);
	return 4 + body;
}

/* What was found, from the packet that ended it; the name with % for zero bytes. */
struct found {
	bool read;
	uint16_t group;
	char name[128], alpn[128];
};

static void keep_text(char *to, struct span text)
{
	assert_true(text.len < 128);
	for (uint32_t i = 0; i < text.len; i++)
		to[i] = text.data[i] ? (char)text.data[i] : '%';
	to[text.len] = '\0';
}

static void keep(struct found *found, const struct inspection_result *result)
{
	if (!result->hello || found->read)
		return;
	found->read = true;
	found->group = result->hello->group;
	keep_text(found->name, result->hello->sni);
	keep_text(found->alpn, result->hello->alpn);
}

static void show(struct inspection *inspection, uint8_t proto, uint8_t flags, uint32_t seq,
	const uint8_t *payload, uint32_t len, struct found *found)
{
	static const struct inspection_way way = {REASSEMBLY_FULL, TLS_RECORDS_FIRST};
	struct segment segment = {.from = {"192.0.2.1", 40000},
		.to = {"198.51.100.1", 443},
		.proto = proto,
		.flags = flags,
		.seq = seq,
		.payload = payload,
		.payload_bytes = len};
	struct inspection_result result;
	struct frame frame;

	frame_make(&frame, &segment);
	if (proto == PROTO_TCP)
		inspection_read(&inspector, inspection, &way, &frame.packet, 0, &result);
	else
		inspection_read_udp(&inspector, inspection, QUIC_WAY_FULL, &frame.packet, &result);
	keep(found, &result);
}

static void by_tls(const struct row *row, struct found *found)
{
	static uint8_t bytes[ROOM];
	struct inspection inspection = {0};
	uint32_t len = put_message(row, bytes + 5);

	frame_put(bytes, 0, RECORD, 1);
	frame_put(bytes, 1, 0x0301, 2);
	frame_put(bytes, 3, len, 2);
	len += 5;
	show(&inspection, PROTO_TCP, TCP_SYN, START - 1, NULL, 0, found);
	for (uint32_t end = len, begin; end > 0; end = begin) {
		begin = (end - 1) / PIECE * PIECE;
		show(&inspection, PROTO_TCP, TCP_ACK, START + begin, bytes + begin, end - begin,
			found);
	}
	inspection_end(&inspector, &inspection);
}

static void by_quic(const struct row *row, struct found *found)
{
	static const uint8_t dcid[SEAL_CID_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
	static uint8_t bytes[ROOM];
	uint32_t len = put_message(row, bytes);
	struct inspection inspection = {0};
	uint8_t frames[PIECE + 16], number = 0;
	struct sealed sealed;

	for (uint32_t end = len, begin; end > 0; end = begin) {
		uint32_t at = frame_put(frames, 0, 6, 1);

		begin = (end - 1) / PIECE * PIECE;
		at = frame_put(frames, at, 0x80000000 | begin, 4);
		at = frame_put(frames, at, 0x4000 | (end - begin), 2);
		memcpy(frames + at, bytes + begin, end - begin);
		at += end - begin;
		memset(frames + at, 0, 9);
		seal(&sealed, 1, dcid, dcid, number++, frames, at + 9);
		show(&inspection, PROTO_UDP, 0, 0, sealed.bytes, sealed.len, found);
	}
	inspection_end(&inspector, &inspection);
}

static void by_dtls(const struct row *row, struct found *found)
{
	static uint8_t bytes[ROOM];
	uint32_t len = put_body(row, true, bytes);
	struct inspection inspection = {0};
	uint8_t record[PIECE + 32];

	for (uint32_t end = len, begin; end > 0; end = begin) {
		uint32_t at = frame_put(record, 0, RECORD, 1);

		begin = (end - 1) / PIECE * PIECE;
		at = frame_put(record, at, 0xfeff, 2);
		at = frame_put(record, frame_put(record, at, 0, 4), 0, 4); /* epoch, number */
		at = frame_put(record, at, 12 + end - begin, 2);
		at = frame_put(record, at, HELLO, 1);
		at = frame_put(record, at, len, 3);
		at = frame_put(record, at, 0, 2);
		at = frame_put(record, at, begin, 3);
		at = frame_put(record, at, end - begin, 3);
		memcpy(record + at, bytes + begin, end - begin);
		show(&inspection, PROTO_UDP, 0, 0, record, at + end - begin, found);
	}
	inspection_end(&inspector, &inspection);
}

static void the_same_three_times(void **state)
{
	static void (*const carriers[])(const struct row *row, struct found *found) = {
		by_tls, by_quic, by_dtls};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t by = 0; by < sizeof(carriers) / sizeof(carriers[0]); by++) {
			struct found found = {0};

			carriers[by](&rows[i], &found);
			if (found.read != rows[i].read || found.group != rows[i].group ||
				strcmp(found.name, rows[i].name) != 0 ||
				strcmp(found.alpn, rows[i].alpn) != 0)
				fail_msg("%s (%zu): read %d, \"%s\", \"%s\", 0x%x", rows[i].what,
					by, found.read, found.name, found.alpn, found.group);
		}
	}
	assert_int_equal(inspector.streams.used, 0);
	assert_int_equal(inspector.quic.hellos.used, 0);
	assert_int_equal(inspector.dtls.hellos.used, 0);
}

static int begin(void **state)
{
	return inspector_begin(&inspector, 1) ? 0 : -1;
}

static int end(void **state)
{
	inspector_end(&inspector);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_three_times),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
