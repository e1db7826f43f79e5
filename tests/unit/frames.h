/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets put together for tests: raw IP frames (RFC 791, 8200, 9293, 768), parsed by the code that
 * parses captures. Checksums are zero; nobody reads them.
 */
#ifndef SLUICE_FRAMES_H
#define SLUICE_FRAMES_H

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "classifiers/packet.h"

enum { FRAME_ROOM = 2048 };

struct end {
	const char *address;
	uint16_t port;
};

struct frame {
	uint8_t bytes[FRAME_ROOM];
	struct packet packet;
};

/* What differs between the packets of a test; zero is a plain value everywhere. */
struct segment {
	uint64_t time_ns;
	struct end from, to;
	uint8_t proto, flags;
	uint32_t seq;
	const void *payload; /* NULL: zeros */
	uint32_t payload_bytes;
};

static inline uint32_t frame_put(uint8_t *bytes, uint32_t at, uint32_t value, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++)
		bytes[at + i] = (uint8_t)(value >> 8 * (width - 1 - i));
	return at + width;
}

static inline uint32_t frame_ip(uint8_t *bytes, const struct segment *segment, uint32_t l4_bytes)
{
	bool ipv6 = strchr(segment->from.address, ':');
	int family = ipv6 ? AF_INET6 : AF_INET;

	bytes[0] = ipv6 ? 0x60 : 0x45;
	if (ipv6)
		frame_put(bytes, 4, l4_bytes, 2);
	else
		frame_put(bytes, 2, 20 + l4_bytes, 2);
	bytes[ipv6 ? 6 : 9] = segment->proto;
	bytes[ipv6 ? 7 : 8] = 64;
	assert(inet_pton(family, segment->from.address, bytes + (ipv6 ? 8 : 12)) == 1);
	assert(inet_pton(family, segment->to.address, bytes + (ipv6 ? 24 : 16)) == 1);
	return ipv6 ? 40 : 20;
}

static inline uint32_t frame_l4_header(const struct segment *segment)
{
	return segment->proto == PROTO_TCP ? 20 : segment->proto == PROTO_UDP ? 8 : 0;
}

/* Without an index: the caller numbers its packets. */
static inline void frame_make(struct frame *frame, const struct segment *segment)
{
	uint32_t header = frame_l4_header(segment);
	uint32_t l4_bytes = header + segment->payload_bytes, at;

	memset(frame, 0, sizeof(*frame));
	assert(40 + l4_bytes <= FRAME_ROOM);
	at = frame_ip(frame->bytes, segment, l4_bytes);
	if (header) {
		frame_put(frame->bytes, at, segment->from.port, 2);
		frame_put(frame->bytes, at + 2, segment->to.port, 2);
	}
	if (segment->proto == PROTO_TCP) {
		frame_put(frame->bytes, at + 4, segment->seq, 4);
		frame_put(frame->bytes, at + 12, 0x5000u | segment->flags, 2);
	} else if (segment->proto == PROTO_UDP) {
		frame_put(frame->bytes, at + 4, l4_bytes, 2);
	}
	if (segment->payload)
		memcpy(frame->bytes + at + header, segment->payload, segment->payload_bytes);
	packet_parse(&frame->packet, LINK_RAW_IP, frame->bytes, at + l4_bytes, at + l4_bytes);
	assert(frame->packet.kind == PACKET_FLOW);
	frame->packet.time_ns = segment->time_ns;
}

/* The smallest ClientHello with a server name, in one record (RFC 8446 section 4.1.2, RFC 6066
 * section 3); returns its length, 61 bytes and the name. */
static inline uint32_t frame_hello(uint8_t *bytes, const char *name)
{
	uint32_t len = (uint32_t)strlen(name), at;

	at = frame_put(bytes, 0, 22, 1);
	at = frame_put(bytes, at, 0x0301, 2);
	at = frame_put(bytes, at, 56 + len, 2);
	at = frame_put(bytes, at, 1, 1);
	at = frame_put(bytes, at, 52 + len, 3);
	at = frame_put(bytes, at, 0x0303, 2);
	memset(bytes + at, 0x5a, 32);
	at = frame_put(bytes, at + 32, 0, 1); /* session id */
	at = frame_put(bytes, at, 0x00021301, 4);
	at = frame_put(bytes, at, 0x0100, 2); /* compression */
	at = frame_put(bytes, at, 9 + len, 2);
	at = frame_put(bytes, at, 0, 2);
	at = frame_put(bytes, at, 5 + len, 2);
	at = frame_put(bytes, at, 3 + len, 2);
	at = frame_put(bytes, at, 0, 1);
	at = frame_put(bytes, at, len, 2);
	memcpy(bytes + at, name, len);
	return at + len;
}

#endif
