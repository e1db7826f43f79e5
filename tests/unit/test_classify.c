/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/classify.h"
#include "tests/unit/frames.h"
#include "tests/unit/hex.h"

/* A packet with payload: '>' from the client, '<' from the server. `pad`: bytes 0xa5 after it. */
struct step {
	char from;
	const char *bytes;
	uint32_t pad;
};

struct row {
	const char *what;
	uint8_t proto;
	uint16_t port; /* of the server */
	struct step steps[5];
	enum classified_by by;
	const char *class, *app, *name;
	uint8_t packets; /* after how many its class is known */
};

#define QUERY(name) "1234 0100 0001 0000 0000 0000 " name " 00 0001 0001"
#define YOUTUBE     "07 796f7574756265 03 636f6d"
#define INITIATION  "01000000 11223344"
#define STUN        "0001 0000 2112a442 000102030405060708090a0b"
#define SSH         "5353482d322e302d780d0a" /* SSH-2.0-x */

/* Layouts: the tests of each parser. Ports are none that nDPI knows, but for DNS. */
static const struct row rows[] = {
	{"DNS", PROTO_UDP, 53, {{'>', QUERY("01 61 04 74657374"), 0}}, BY_DNS, "DNS", NULL,
		"a.test", 1},
	{"DNS of an application", PROTO_UDP, 53, {{'>', QUERY(YOUTUBE), 0}}, BY_DNS, "DNS",
		"YouTube", "youtube.com", 1},
	{"DNS over TCP", PROTO_TCP, 53, {{'>', "0018" QUERY("01 61 04 74657374"), 0}}, BY_DNS,
		"DNS", NULL, "a.test", 1},
	{"SSH", PROTO_TCP, 2201, {{'<', SSH, 0}}, BY_SSH, "SSH", NULL, "", 1},
	{"SOCKS 4a", PROTO_TCP, 9999, {{'>', "04 01 0050 00000001 00 612e74657374 00", 0}},
		BY_SOCKS, "SOCKS", NULL, "a.test", 1},
	/* nDPI knows it before we do, and the name comes later */
	{"SOCKS 5", PROTO_TCP, 9999,
		{{'>', "05 01 00", 0}, {'<', "05 00", 0},
			{'>', "05 01 00 03 06 612e74657374 01bb", 0}},
		BY_NDPI, "SOCKS", NULL, "a.test", 2},
	{"WireGuard", PROTO_UDP, 9999,
		{{'>', INITIATION, 140}, {'<', "02000000 55667788 11223344", 80}}, BY_WIREGUARD,
		"WireGuard", NULL, "", 2},
	{"OpenVPN", PROTO_UDP, 9999,
		{{'>', "38 a1a2a3a4a5a6a7a8 00 00000000", 0},
			{'<', "40 b1b2b3b4b5b6b7b8 01 00000000 a1a2a3a4a5a6a7a8 00000000", 0}},
		BY_OPENVPN, "OpenVPN", NULL, "", 2},
	/* 64 bytes that look like nothing, as MTProto's obfuscated first ones */
	{"random", PROTO_TCP, 9999, {{'>', "f3c19a5d07e2b84461", 55}}, BY_NOTHING, NULL, NULL, "",
		0},
};

/* Feeds it and returns after how many packets the class was known, 0 never. */
static uint8_t play(struct dpi *dpi, struct inspector *inspector, const struct row *row,
	struct classification *flow, char *name)
{
	static const struct end client = {"10.0.0.1", 50000};
	struct end server = {"192.0.2.1", row->port};
	struct inspection inspection = {0};
	uint32_t seq[2] = {1, 1};
	uint8_t known = 0;

	for (uint8_t i = 0; i < 5 && row->steps[i].from; i++) {
		bool up = row->steps[i].from == '>';
		struct inspection_result read;
		struct classified_name found;
		uint8_t bytes[256];
		uint32_t len = hex_bytes(row->steps[i].bytes, bytes, sizeof(bytes));
		struct frame frame;

		memset(bytes + len, 0xa5, row->steps[i].pad);
		len += row->steps[i].pad;
		frame_make(&frame, &(struct segment){.from = up ? client : server,
					   .to = up ? server : client,
					   .proto = row->proto,
					   .flags = TCP_ACK,
					   .seq = seq[up],
					   .payload = bytes,
					   .payload_bytes = len});
		seq[up] += len;
		if (row->proto == PROTO_TCP)
			inspection_read(
				inspector, &inspection, &classify_way, &frame.packet, !up, &read);
		else
			inspection_read_udp(
				inspector, &inspection, QUIC_WAY_FULL, &frame.packet, &read);
		classify_packet(dpi, flow, &frame.packet, up, &read, false, &found);
		if (found.name.len) {
			memcpy(name, found.name.data, found.name.len);
			name[found.name.len] = '\0';
		}
		known = known || !flow->over ? known : (uint8_t)(i + 1);
	}
	inspection_end(inspector, &inspection);
	return known;
}

static void check(const struct dpi *dpi, uint16_t app, const char *want, const char *what)
{
	if (!want && app)
		fail_msg("%s: is %s", what, dpi_app_name(dpi, app));
	if (want && strcmp(dpi_app_name(dpi, app), want) != 0)
		fail_msg("%s: is %s", what, dpi_app_name(dpi, app));
}

static void own_classes(void **state)
{
	struct dpi *dpi = dpi_new(4);
	struct inspector inspector;

	assert_non_null(dpi);
	assert_true(inspector_begin(&inspector, 4));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct classification flow = {0};
		char name[DNS_NAME_BYTES] = "";
		uint8_t packets = play(dpi, &inspector, &rows[i], &flow, name);
		struct classified_name rest;

		classify_end(dpi, &flow, false, &rest);
		if (flow.by != rows[i].by || packets != rows[i].packets)
			fail_msg("%s: by %s after %d", rows[i].what, classified_by_words[flow.by],
				packets);
		check(dpi, flow.master, rows[i].class, rows[i].what);
		check(dpi, flow.app, rows[i].app, rows[i].what);
		assert_string_equal(name, rows[i].name);
	}
	inspector_end(&inspector);
	dpi_free(dpi);
}

/* STUN is certain, but nDPI may know whose it is: both are asked, and STUN it is in the end. */
static void stun_waits(void **state)
{
	static const struct row row = {
		"STUN", PROTO_UDP, 9999, {{'>', STUN, 0}}, BY_STUN, "STUN", NULL, "", 0};
	struct dpi *dpi = dpi_new(4);
	struct inspector inspector;
	struct classification flow = {0};
	struct classified_name rest;
	char name[DNS_NAME_BYTES] = "";

	assert_non_null(dpi);
	assert_true(inspector_begin(&inspector, 4));
	play(dpi, &inspector, &row, &flow, name);
	classify_end(dpi, &flow, false, &rest);
	assert_true(flow.by == BY_STUN || flow.by == BY_NDPI);
	assert_int_equal(flow.master, dpi_stun);
	inspector_end(&inspector);
	dpi_free(dpi);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_classes),
		cmocka_unit_test(stun_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
