/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames put together by hand from the header layouts of RFC 791, 8200, 9293, 768 and 9260, IEEE
 * 802.1Q and the pages of pcap-linktype(7); the expected offsets are sums of header lengths.
 */
#include "classifiers/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hex.h"

#define MACS              "02 00 00 00 00 02 02 00 00 00 00 01 "
#define ETH4              MACS "08 00 "
#define ETH6              MACS "86 dd "
/* 192.0.2.1 to 198.51.100.2, total length and protocol as given. */
#define IP4(total, proto) "45 00 " total " 00 00 40 00 40 " proto " 00 00 c0 00 02 01 c6 33 64 02 "
/* 2001:db8::1 to 2001:db8::2. */
#define IP6(payload, next)                                 \
	"60 00 00 00 " payload " " next " 40 "             \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 " \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "
/* Port 1234 to 443, sequence number 0x01020304, PSH and ACK. */
#define TCP(offset) "04 d2 01 bb 01 02 03 04 00 00 00 00 " offset " 18 ff ff 00 00 00 00 "
#define TIMESTAMPS  "01 01 08 0a 00 00 00 01 00 00 00 02 "
/* Port 5353 to 53. */
#define UDP(len)    "14 e9 00 35 " len " 00 00 "
#define DATA4       "de ad be ef "

struct row {
	const char *what;
	enum link_layer link;
	const char *frame;
	uint32_t captured, wire; /* 0: the length of frame */
	enum packet_kind kind;
	uint8_t ip_version, proto;
	uint32_t l3_at, l4_at, payload_at, l3_bytes, payload_bytes, payload_captured;
	uint16_t source_port, destination_port;
};

static uint8_t bytes[4096];

/* Parses from a heap block of exactly the captured bytes, where a sanitizer sees a read beyond. */
static void parse(const struct row *row, struct packet *packet, uint8_t **block)
{
	uint32_t len = hex_bytes(row->frame, bytes, sizeof(bytes));
	uint32_t captured = row->captured ? row->captured : len;

	*block = malloc(captured);
	assert_non_null(*block);
	memcpy(*block, bytes, captured);
	memset(packet, 0xa5, sizeof(*packet));
	packet_parse(packet, row->link, *block, captured, row->wire ? row->wire : len);
}

static void check_row(const struct row *row)
{
	struct packet packet;
	uint8_t *block;

	parse(row, &packet, &block);
	print_message("%s\n", row->what);
	assert_int_equal(packet.kind, row->kind);
	if (row->kind == PACKET_FLOW || row->kind == PACKET_FRAGMENT) {
		assert_int_equal(packet.ip_version, row->ip_version);
		assert_int_equal(packet.proto, row->proto);
		assert_int_equal(packet.l3_at, row->l3_at);
		assert_int_equal(packet.l3_bytes, row->l3_bytes);
	}
	if (row->kind == PACKET_FLOW) {
		assert_int_equal(packet.l4_at, row->l4_at);
		assert_int_equal(packet.payload_at, row->payload_at);
		assert_int_equal(packet.payload_bytes, row->payload_bytes);
		assert_int_equal(packet.payload_captured, row->payload_captured);
		assert_int_equal(packet.source_port, row->source_port);
		assert_int_equal(packet.destination_port, row->destination_port);
	}
	free(block);
}

#define check_rows(rows)                                                       \
	for (size_t row_ = 0; row_ < sizeof(rows) / sizeof((rows)[0]); row_++) \
	check_row(&(rows)[row_])

static void transport_headers_end_where_they_say(void **state)
{
	static const struct row rows[] = {
		{"tcp", LINK_ETHERNET, ETH4 IP4("00 2c", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW,
			4, 6, 14, 34, 54, 44, 4, 4, 1234, 443},
		{"tcp with options", LINK_ETHERNET,
			ETH4 IP4("00 38", "06") TCP("80") TIMESTAMPS DATA4, 0, 0, PACKET_FLOW, 4, 6,
			14, 34, 66, 56, 4, 4, 1234, 443},
		{"tcp without payload, padded to 60 bytes", LINK_ETHERNET,
			ETH4 IP4("00 28", "06") TCP("50") "00 00 00 00 00 00 ", 0, 0, PACKET_FLOW,
			4, 6, 14, 34, 54, 40, 0, 0, 1234, 443},
		{"tcp offset below 5 words", LINK_ETHERNET, ETH4 IP4("00 2c", "06") TCP("40") DATA4,
			0, 0, .kind = PACKET_MALFORMED},
		{"tcp offset beyond the ip packet", LINK_ETHERNET,
			ETH4 IP4("00 2c", "06") TCP("70") DATA4, 0, 0, .kind = PACKET_MALFORMED},
		{"ip packet too short for tcp", LINK_ETHERNET,
			ETH4 IP4("00 27", "06") TCP("50") DATA4, 0, 0, .kind = PACKET_MALFORMED},
		{"udp", LINK_ETHERNET, ETH4 IP4("00 20", "11") UDP("00 0c") DATA4, 0, 0,
			PACKET_FLOW, 4, 17, 14, 34, 42, 32, 4, 4, 5353, 53},
		{"udp shorter than the ip packet", LINK_ETHERNET,
			ETH4 IP4("00 20", "11") UDP("00 09") DATA4, 0, 0, PACKET_FLOW, 4, 17, 14,
			34, 42, 32, 1, 1, 5353, 53},
		{"udp longer than the ip packet", LINK_ETHERNET,
			ETH4 IP4("00 20", "11") UDP("00 0d") DATA4, 0, 0, .kind = PACKET_MALFORMED},
		{"udp length below its header", LINK_ETHERNET,
			ETH4 IP4("00 20", "11") UDP("00 07") DATA4, 0, 0, .kind = PACKET_MALFORMED},
		{"udp length 0", LINK_ETHERNET, ETH4 IP4("00 20", "11") UDP("00 00") DATA4, 0, 0,
			.kind = PACKET_MALFORMED},
		{"sctp", LINK_ETHERNET,
			ETH4 IP4("00 24", "84") "0b 59 0b 5a 00 00 00 01 00 00 00 00 " DATA4, 0, 0,
			PACKET_FLOW, 4, 132, 14, 34, 46, 36, 4, 4, 2905, 2906},
		{"icmp has no ports", LINK_ETHERNET,
			ETH4 IP4("00 1c", "01") "08 00 f7 ff 00 00 00 00 ", 0, 0, PACKET_FLOW, 4, 1,
			14, 34, 34, 28, 8, 8, 0, 0},
		{"gre is not looked into", LINK_ETHERNET, ETH4 IP4("00 18", "2f") "00 00 08 00 ", 0,
			0, PACKET_FLOW, 4, 47, 14, 34, 34, 24, 4, 4, 0, 0},
	};

	check_rows(rows);
}

static void tcp_fields_are_in_host_order(void **state)
{
	static const struct row row = {
		"tcp", LINK_ETHERNET, ETH4 IP4("00 2c", "06") TCP("50") DATA4, .kind = PACKET_FLOW};
	static const uint8_t source[] = {192, 0, 2, 1}, destination[] = {198, 51, 100, 2};
	struct packet packet;
	uint8_t *block;

	parse(&row, &packet, &block);
	assert_int_equal(packet.tcp_seq, 0x01020304);
	assert_int_equal(packet.tcp_flags, TCP_PSH | TCP_ACK);
	assert_memory_equal(packet_source(&packet), source, 4);
	assert_memory_equal(packet_destination(&packet), destination, 4);
	assert_int_equal(packet_payload(&packet).len, 4);
	assert_int_equal(packet_payload(&packet).data[0], 0xde);
	assert_int_equal(packet.captured, 58);
	assert_int_equal(packet.wire, 58);
	free(block);
}

/* 64 bytes is the smallest Ethernet frame, 4 of them FCS; 14 bytes are the Ethernet header. */
static void l2_bytes_are_those_of_ethernet(void **state)
{
	static const struct {
		struct row row;
		uint32_t l2_bytes;
	} rows[] = {
		{{"small", LINK_ETHERNET, ETH4 IP4("00 2c", "06") TCP("50") DATA4, .wire = 58}, 64},
		{{"100 byte packet", LINK_ETHERNET, ETH4 IP4("00 64", "06") TCP("50") DATA4, 58,
			 .wire = 114},
			118},
		{{"100 byte packet, tagged", LINK_ETHERNET,
			 MACS "81 00 00 01 08 00 " IP4("00 64", "06") TCP("50"), 58, .wire = 118},
			122},
		{{"100 byte packet, no link header", LINK_RAW_IP, IP4("00 64", "06") TCP("50"), 40,
			 .wire = 100},
			118},
	};
	struct packet packet;
	uint8_t *block;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse(&rows[i].row, &packet, &block);
		assert_int_equal(packet.kind, PACKET_FLOW);
		assert_int_equal(packet_l2_bytes(&packet), rows[i].l2_bytes);
		free(block);
	}
}

static void ipv4_header_is_checked(void **state)
{
	static const struct row rows[] = {
		{"options", LINK_ETHERNET,
			ETH4 "46 00 00 30 00 00 40 00 40 06 00 00 c0 00 02 01 c6 33 64 02 "
			     "94 04 00 00 " TCP("50") DATA4,
			0, 0, PACKET_FLOW, 4, 6, 14, 38, 58, 48, 4, 4, 1234, 443},
		{"header length below 5 words", LINK_ETHERNET,
			ETH4 "44 00 00 2c 00 00 40 00 40 06 00 00 c0 00 02 01 c6 33 64 02 " TCP(
				"50") DATA4,
			0, 0, .kind = PACKET_MALFORMED},
		{"another version", LINK_ETHERNET,
			ETH4 "55 00 00 2c 00 00 40 00 40 06 00 00 c0 00 02 01 c6 33 64 02 " TCP(
				"50") DATA4,
			0, 0, .kind = PACKET_MALFORMED},
		{"total length below the header", LINK_ETHERNET,
			ETH4 IP4("00 13", "06") TCP("50") DATA4, 0, 0, .kind = PACKET_MALFORMED},
		{"total length beyond the frame", LINK_ETHERNET,
			ETH4 IP4("00 2d", "06") TCP("50") DATA4, 0, 0, .kind = PACKET_MALFORMED},
		{"total length 0 (segmentation offload)", LINK_ETHERNET,
			ETH4 IP4("00 00", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW, 4, 6, 14, 34,
			54, 44, 4, 4, 1234, 443},
		{"offload beyond 65535 bytes, cut", LINK_ETHERNET,
			ETH4 IP4("00 00", "06") TCP("50") DATA4, 58, 70014, PACKET_FLOW, 4, 6, 14,
			34, 54, 70000, 69960, 4, 1234, 443},
		{"first fragment", LINK_ETHERNET,
			ETH4 "45 00 00 2c 00 00 20 00 40 06 00 00 c0 00 02 01 c6 33 64 02 " TCP(
				"50") DATA4,
			0, 0, PACKET_FRAGMENT, 4, 6, 14, .l3_bytes = 44},
		{"last fragment", LINK_ETHERNET,
			ETH4 "45 00 00 2c 00 00 00 b9 40 06 00 00 c0 00 02 01 c6 33 64 02 " TCP(
				"50") DATA4,
			0, 0, PACKET_FRAGMENT, 4, 6, 14, .l3_bytes = 44},
	};

	check_rows(rows);
}

#define OPTIONS8(next)          next " 00 01 04 00 00 00 00 " /* PadN, 8 bytes in all */
#define OPTIONS16(next)         next " 01 01 0c 00 00 00 00 00 00 00 00 00 00 00 00 "
#define AH24(next)              next " 04 00 00 00 00 00 01 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 "
#define FRAGMENT8(next, offset) next " 00 " offset " 00 00 00 01 "

static void ipv6_extension_headers_are_followed(void **state)
{
	static const struct row rows[] = {
		{"none", LINK_ETHERNET, ETH6 IP6("00 18", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW,
			6, 6, 14, 54, 74, 64, 4, 4, 1234, 443},
		{"hop by hop", LINK_ETHERNET,
			ETH6 IP6("00 20", "00") OPTIONS8("06") TCP("50") DATA4, 0, 0, PACKET_FLOW,
			6, 6, 14, 62, 82, 72, 4, 4, 1234, 443},
		{"hop by hop, routing, destination options, udp", LINK_ETHERNET,
			ETH6 IP6("00 2c", "00") OPTIONS8("2b") OPTIONS8("3c") OPTIONS16("11")
				UDP("00 0c") DATA4,
			0, 0, PACKET_FLOW, 6, 17, 14, 86, 94, 84, 4, 4, 5353, 53},
		{"authentication counts in words of 4 bytes", LINK_ETHERNET,
			ETH6 IP6("00 24", "33") AH24("11") UDP("00 0c") DATA4, 0, 0, PACKET_FLOW, 6,
			17, 14, 78, 86, 76, 4, 4, 5353, 53},
		{"mobility, hip, shim6", LINK_ETHERNET,
			ETH6 IP6("00 24", "87") OPTIONS8("8b") OPTIONS8("8c") OPTIONS8("11")
				UDP("00 0c") DATA4,
			0, 0, PACKET_FLOW, 6, 17, 14, 78, 86, 76, 4, 4, 5353, 53},
		{"esp ends the chain", LINK_ETHERNET,
			ETH6 IP6("00 10", "00") OPTIONS8("32") "00 00 00 01 00 00 00 01 ", 0, 0,
			PACKET_FLOW, 6, 50, 14, 62, 62, 56, 8, 8, 0, 0},
		{"no next header", LINK_ETHERNET, ETH6 IP6("00 00", "3b"), 0, 0, PACKET_FLOW, 6, 59,
			14, 54, 54, 40, 0, 0, 0, 0},
		{"icmpv6", LINK_ETHERNET, ETH6 IP6("00 08", "3a") "80 00 00 00 00 00 00 00 ", 0, 0,
			PACKET_FLOW, 6, 58, 14, 54, 54, 48, 8, 8, 0, 0},
		{"8 headers", LINK_ETHERNET,
			ETH6 IP6("00 58", "3c") OPTIONS8("3c") OPTIONS8("3c") OPTIONS8("3c")
				OPTIONS8("3c") OPTIONS8("3c") OPTIONS8("3c") OPTIONS8("3c")
					OPTIONS8("06") TCP("50") DATA4,
			0, 0, PACKET_FLOW, 6, 6, 14, 118, 138, 128, 4, 4, 1234, 443},
		{"9 headers", LINK_ETHERNET,
			ETH6 IP6("00 60", "3c") OPTIONS8("3c") OPTIONS8("3c") OPTIONS8("3c")
				OPTIONS8("3c") OPTIONS8("3c") OPTIONS8("3c") OPTIONS8("3c")
					OPTIONS8("3c") OPTIONS8("06") TCP("50") DATA4,
			0, 0, .kind = PACKET_MALFORMED},
		{"first fragment", LINK_ETHERNET,
			ETH6 IP6("00 20", "2c") FRAGMENT8("06", "00 01") TCP("50") DATA4, 0, 0,
			PACKET_FRAGMENT, 6, 6, 14, .l3_bytes = 72},
		{"last fragment", LINK_ETHERNET,
			ETH6 IP6("00 20", "2c") FRAGMENT8("06", "00 08") TCP("50") DATA4, 0, 0,
			PACKET_FRAGMENT, 6, 6, 14, .l3_bytes = 72},
		{"atomic fragment (RFC 6946)", LINK_ETHERNET,
			ETH6 IP6("00 20", "2c") FRAGMENT8("06", "00 00") TCP("50") DATA4, 0, 0,
			PACKET_FLOW, 6, 6, 14, 62, 82, 72, 4, 4, 1234, 443},
		{"extension header beyond the packet", LINK_ETHERNET,
			ETH6 IP6("00 08", "00") OPTIONS16("06"), 0, 0, .kind = PACKET_MALFORMED},
		{"payload length beyond the frame", LINK_ETHERNET,
			ETH6 IP6("00 19", "06") TCP("50") DATA4, 0, 0, .kind = PACKET_MALFORMED},
		{"payload length 0 (segmentation offload)", LINK_ETHERNET,
			ETH6 IP6("00 00", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW, 6, 6, 14, 54,
			74, 64, 4, 4, 1234, 443},
		{"payload length 0 is meant", LINK_ETHERNET, ETH6 IP6("00 00", "3a") DATA4, 0, 0,
			PACKET_FLOW, 6, 58, 14, 54, 54, 40, 0, 0, 0, 0},
		{"another version", LINK_ETHERNET, ETH6 IP4("00 2c", "06") TCP("50") DATA4, 0, 0,
			.kind = PACKET_MALFORMED},
	};

	check_rows(rows);
}

static void ethernet_is_unwrapped(void **state)
{
	static const struct row rows[] = {
		{"802.1Q", LINK_ETHERNET,
			MACS "81 00 00 05 08 00 " IP4("00 2c", "06") TCP("50") DATA4, 0, 0,
			PACKET_FLOW, 4, 6, 18, 38, 58, 44, 4, 4, 1234, 443},
		{"802.1ad and 802.1Q", LINK_ETHERNET,
			MACS "88 a8 00 05 81 00 00 06 86 dd " IP6("00 0c", "11") UDP("00 0c") DATA4,
			0, 0, PACKET_FLOW, 6, 17, 22, 62, 70, 52, 4, 4, 5353, 53},
		{"8 tags", LINK_ETHERNET,
			MACS "81 00 00 01 81 00 00 01 81 00 00 01 81 00 00 01 81 00 00 01 "
			     "81 00 00 01 81 00 00 01 81 00 00 01 08 00 " IP4("00 2c", "06")
				     TCP("50") DATA4,
			0, 0, PACKET_FLOW, 4, 6, 46, 66, 86, 44, 4, 4, 1234, 443},
		{"9 tags", LINK_ETHERNET,
			MACS "81 00 00 01 81 00 00 01 81 00 00 01 81 00 00 01 81 00 00 01 "
			     "81 00 00 01 81 00 00 01 81 00 00 01 81 00 00 01 08 00 " IP4(
				     "00 2c", "06") TCP("50") DATA4,
			0, 0, .kind = PACKET_MALFORMED},
		{"arp", LINK_ETHERNET, MACS "08 06 00 01 08 00 06 04 00 01 ", 0, 0,
			.kind = PACKET_NOT_IP},
		{"mpls", LINK_ETHERNET, MACS "88 47 00 01 01 40 " IP4("00 14", "06"), 0, 0,
			.kind = PACKET_NOT_IP},
		{"pppoe", LINK_ETHERNET, MACS "88 64 11 00 00 01 00 16 00 21 " IP4("00 14", "06"),
			0, 0, .kind = PACKET_NOT_IP},
		{"802.3 with spanning tree", LINK_ETHERNET, MACS "00 07 42 42 03 00 00 00 00 ", 0,
			0, .kind = PACKET_NOT_IP},
		{"802.3 shorter than snap", LINK_ETHERNET, MACS "00 03 42 42 03 ", 0, 0,
			.kind = PACKET_NOT_IP},
		{"snap with ipv4", LINK_ETHERNET,
			MACS "00 34 aa aa 03 00 00 00 08 00 " IP4("00 2c", "06") TCP("50") DATA4, 0,
			0, PACKET_FLOW, 4, 6, 22, 42, 62, 44, 4, 4, 1234, 443},
		{"snap with another oui", LINK_ETHERNET,
			MACS "00 34 aa aa 03 00 00 0c 08 00 " IP4("00 2c", "06") TCP("50") DATA4, 0,
			0, .kind = PACKET_NOT_IP},
		{"shorter than its header", LINK_ETHERNET, MACS "08 ", 0, 0,
			.kind = PACKET_MALFORMED},
	};

	check_rows(rows);
}

static void other_framings_are_unwrapped(void **state)
{
	static const struct row rows[] = {
		{"raw ipv4", LINK_RAW_IP, IP4("00 2c", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW, 4,
			6, 0, 20, 40, 44, 4, 4, 1234, 443},
		{"raw ipv6", LINK_RAW_IP, IP6("00 0c", "11") UDP("00 0c") DATA4, 0, 0, PACKET_FLOW,
			6, 17, 0, 40, 48, 52, 4, 4, 5353, 53},
		{"raw, neither", LINK_RAW_IP, "10 00 00 00 ", 0, 0, .kind = PACKET_MALFORMED},
		{"cooked v1", LINK_LINUX_SLL,
			"00 04 00 01 00 06 02 00 00 00 00 01 00 00 08 00 " IP4("00 2c", "06")
				TCP("50") DATA4,
			0, 0, PACKET_FLOW, 4, 6, 16, 36, 56, 44, 4, 4, 1234, 443},
		{"cooked v1 with a tag", LINK_LINUX_SLL,
			"00 04 00 01 00 06 02 00 00 00 00 01 00 00 81 00 00 05 08 00 " IP4(
				"00 2c", "06") TCP("50") DATA4,
			0, 0, PACKET_FLOW, 4, 6, 20, 40, 60, 44, 4, 4, 1234, 443},
		{"cooked v2", LINK_LINUX_SLL2,
			"86 dd 00 00 00 00 00 02 00 01 04 06 02 00 00 00 00 01 00 00 " IP6(
				"00 0c", "11") UDP("00 0c") DATA4,
			0, 0, PACKET_FLOW, 6, 17, 20, 60, 68, 52, 4, 4, 5353, 53},
		{"bsd loopback, little endian", LINK_BSD_NULL,
			"02 00 00 00 " IP4("00 2c", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW, 4, 6,
			4, 24, 44, 44, 4, 4, 1234, 443},
		{"bsd loopback, big endian", LINK_BSD_NULL,
			"00 00 00 02 " IP4("00 2c", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW, 4, 6,
			4, 24, 44, 44, 4, 4, 1234, 443},
		{"netbsd ipv6", LINK_BSD_NULL, "18 00 00 00 " IP6("00 0c", "11") UDP("00 0c") DATA4,
			0, 0, PACKET_FLOW, 6, 17, 4, 44, 52, 52, 4, 4, 5353, 53},
		{"freebsd ipv6", LINK_BSD_NULL,
			"1c 00 00 00 " IP6("00 0c", "11") UDP("00 0c") DATA4, 0, 0, PACKET_FLOW, 6,
			17, 4, 44, 52, 52, 4, 4, 5353, 53},
		{"macos ipv6", LINK_BSD_NULL, "00 00 00 1e " IP6("00 0c", "11") UDP("00 0c") DATA4,
			0, 0, PACKET_FLOW, 6, 17, 4, 44, 52, 52, 4, 4, 5353, 53},
		{"appletalk on loopback", LINK_BSD_NULL, "10 00 00 00 00 00 ", 0, 0,
			.kind = PACKET_NOT_IP},
		{"openbsd loopback", LINK_BSD_LOOP,
			"00 00 00 02 " IP4("00 2c", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW, 4, 6,
			4, 24, 44, 44, 4, 4, 1234, 443},
		{"cisco hdlc", LINK_CISCO_HDLC, "0f 00 08 00 " IP4("00 2c", "06") TCP("50") DATA4,
			0, 0, PACKET_FLOW, 4, 6, 4, 24, 44, 44, 4, 4, 1234, 443},
		{"cisco slarp", LINK_CISCO_HDLC, "8f 00 80 35 00 00 00 02 ", 0, 0,
			.kind = PACKET_NOT_IP},
		{"ppp in hdlc", LINK_PPP, "ff 03 00 21 " IP4("00 2c", "06") TCP("50") DATA4, 0, 0,
			PACKET_FLOW, 4, 6, 4, 24, 44, 44, 4, 4, 1234, 443},
		{"ppp without address and control", LINK_PPP,
			"00 57 " IP6("00 0c", "11") UDP("00 0c") DATA4, 0, 0, PACKET_FLOW, 6, 17, 2,
			42, 50, 52, 4, 4, 5353, 53},
		{"ppp with a short protocol", LINK_PPP, "21 " IP4("00 2c", "06") TCP("50") DATA4, 0,
			0, PACKET_FLOW, 4, 6, 1, 21, 41, 44, 4, 4, 1234, 443},
		{"ppp control", LINK_PPP, "ff 03 c0 21 01 01 00 04 ", 0, 0, .kind = PACKET_NOT_IP},
		{"cisco hdlc on a ppp link", LINK_PPP,
			"0f 00 08 00 " IP4("00 2c", "06") TCP("50") DATA4, 0, 0, PACKET_FLOW, 4, 6,
			4, 24, 44, 44, 4, 4, 1234, 443},
	};

	check_rows(rows);
}

static void a_snap_length_is_no_contradiction(void **state)
{
	static const char v4[] = ETH4 IP4("05 dc", "06") TCP("80") TIMESTAMPS DATA4;
	static const char v6[] = ETH6 IP6("05 b4", "00") OPTIONS16("06") TCP("50") DATA4;
	static const struct row rows[] = {
		{"in the ethernet header", LINK_ETHERNET, v4, 13, 1514, .kind = PACKET_TRUNCATED},
		{"in the ip header", LINK_ETHERNET, v4, 33, 1514, .kind = PACKET_TRUNCATED},
		{"in the tcp header", LINK_ETHERNET, v4, 53, 1514, .kind = PACKET_TRUNCATED},
		{"in the tcp options", LINK_ETHERNET, v4, 60, 1514, PACKET_FLOW, 4, 6, 14, 34, 60,
			1500, 1448, 0, 1234, 443},
		{"in the payload", LINK_ETHERNET, v4, 68, 1514, PACKET_FLOW, 4, 6, 14, 34, 66, 1500,
			1448, 2, 1234, 443},
		{"in the ipv6 header", LINK_ETHERNET, v6, 53, 1514, .kind = PACKET_TRUNCATED},
		{"at an extension header", LINK_ETHERNET, v6, 54, 1514, .kind = PACKET_TRUNCATED},
		{"in an extension header", LINK_ETHERNET, v6, 62, 1514, .kind = PACKET_TRUNCATED},
		{"behind an extension header", LINK_ETHERNET, v6, 70, 1514,
			.kind = PACKET_TRUNCATED},
		{"in a tag", LINK_ETHERNET, MACS "81 00 00 05 08 00 ", 17, 64,
			.kind = PACKET_TRUNCATED},
		{"in the udp header", LINK_ETHERNET, ETH4 IP4("00 20", "11") UDP("00 0c") DATA4, 41,
			0, .kind = PACKET_TRUNCATED},
		{"in the ip options", LINK_ETHERNET,
			ETH4 "4f 00 05 dc 00 00 40 00 40 06 00 00 c0 00 02 01 c6 33 64 02 ", 34,
			1514, .kind = PACKET_TRUNCATED},
		{"total length beyond the wire all the same", LINK_ETHERNET, v4, 60, 1513,
			.kind = PACKET_MALFORMED},
	};

	check_rows(rows);
}

/* Some tools write a wire length of 0, or the snap length's. */
static void wire_is_at_least_what_was_captured(void **state)
{
	struct packet packet;
	uint32_t len = hex_bytes(ETH4 IP4("00 2c", "06") TCP("50") DATA4, bytes, sizeof(bytes));

	packet_parse(&packet, LINK_ETHERNET, bytes, len, 0);
	assert_int_equal(packet.kind, PACKET_FLOW);
	assert_int_equal(packet.wire, 58);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transport_headers_end_where_they_say),
		cmocka_unit_test(tcp_fields_are_in_host_order),
		cmocka_unit_test(l2_bytes_are_those_of_ethernet),
		cmocka_unit_test(ipv4_header_is_checked),
		cmocka_unit_test(ipv6_extension_headers_are_followed),
		cmocka_unit_test(ethernet_is_unwrapped),
		cmocka_unit_test(other_framings_are_unwrapped),
		cmocka_unit_test(a_snap_length_is_no_contradiction),
		cmocka_unit_test(wire_is_at_least_what_was_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
