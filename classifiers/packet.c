/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the link header to the transport header, in the order in which they lie in the frame.
 *
 * Every header is held against two ends. Beyond what encloses it (the frame on the wire, the IP
 * packet) it contradicts it: malformed. Within that but beyond the captured bytes it is only not
 * there to be read: truncated. A capture with a snap length is therefore never called malformed.
 *
 * Not followed, and so not IP: MPLS, PPPoE, and anything behind an 802.2 header but SNAP.
 * Not followed, and so a flow of the outer addresses without ports: tunnels (IP in IP, GRE, 6in4),
 * IPsec in IPv4.
 */
#include "packet.h"

#include <string.h>

enum { TAGS_MAX = 8, EXTENSIONS_MAX = 8 };

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_LEAST = 0x0600, /* what is less is a length, and 802.2 follows */
};

enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTHENTICATION = 51,
	NEXT_DESTINATION = 60,
	NEXT_MOBILITY = 135,
	NEXT_HIP = 139,
	NEXT_SHIM6 = 140,
};

static inline uint32_t be16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t be32(const uint8_t *at)
{
	return be16(at) << 16 | be16(at + 2);
}

/* Why bytes up to `end` cannot be read, when they must lie before `limit`. */
static enum packet_kind missing(uint32_t end, uint32_t limit)
{
	return end > limit ? PACKET_MALFORMED : PACKET_TRUNCATED;
}

/* `at` is where the payload begins, not beyond `end`. */
static inline enum packet_kind payload(struct packet *packet, uint32_t at, uint32_t end)
{
	uint32_t begin = at < packet->captured ? at : packet->captured;
	uint32_t present = packet->captured - begin;

	packet->payload_at = (uint16_t)begin;
	packet->payload_bytes = end - at;
	packet->payload_captured = end - at < present ? end - at : present;
	return PACKET_FLOW;
}

static inline void ports(struct packet *packet, uint32_t at)
{
	packet->source_port = (uint16_t)be16(packet->frame + at);
	packet->destination_port = (uint16_t)be16(packet->frame + at + 2);
}

/* The options are not looked at, so a snap length that cuts into them does no harm. */
static inline enum packet_kind tcp(struct packet *packet, uint32_t at, uint32_t end)
{
	const uint8_t *header = packet->frame + at;
	uint32_t bytes;

	if (at + 20 > packet->captured || at + 20 > end)
		return missing(at + 20, end);
	bytes = (header[12] >> 4) * 4u;
	if (bytes < 20 || at + bytes > end)
		return PACKET_MALFORMED;
	ports(packet, at);
	packet->tcp_seq = be32(header + 4);
	packet->tcp_flags = header[13] & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK);
	return payload(packet, at + bytes, end);
}

static enum packet_kind udp(struct packet *packet, uint32_t at, uint32_t end)
{
	uint32_t bytes;

	if (at + 8 > packet->captured || at + 8 > end)
		return missing(at + 8, end);
	bytes = be16(packet->frame + at + 4);
	/* RFC 2675 section 4: longer than the field can say. */
	if (bytes == 0 && end - at > UINT16_MAX)
		bytes = end - at;
	if (bytes < 8 || at + bytes > end)
		return PACKET_MALFORMED;
	ports(packet, at);
	return payload(packet, at + 8, at + bytes);
}

static enum packet_kind sctp(struct packet *packet, uint32_t at, uint32_t end)
{
	if (at + 12 > packet->captured || at + 12 > end)
		return missing(at + 12, end);
	ports(packet, at);
	return payload(packet, at + 12, end);
}

/* `at` is neither beyond `end` nor beyond the captured bytes. */
static inline enum packet_kind transport(struct packet *packet, uint32_t at, uint32_t end)
{
	packet->l4_at = (uint16_t)at;
	if (packet->proto == PROTO_TCP)
		return tcp(packet, at, end);
	if (packet->proto == PROTO_UDP)
		return udp(packet, at, end);
	if (packet->proto == PROTO_SCTP)
		return sctp(packet, at, end);
	return payload(packet, at, end);
}

/* RFC 791 section 3.1. */
static inline enum packet_kind ipv4(struct packet *packet, uint32_t at)
{
	const uint8_t *header = packet->frame + at;
	uint32_t bytes, total;

	if (at + 20 > packet->captured)
		return missing(at + 20, packet->wire);
	bytes = (header[0] & 15) * 4u;
	total = be16(header + 2);
	if (total == 0)
		total = packet->wire - at;
	if (header[0] >> 4 != 4 || bytes < 20 || total < bytes || at + total > packet->wire)
		return PACKET_MALFORMED;
	packet->ip_version = 4;
	packet->proto = header[9];
	packet->source_at = 12;
	packet->destination_at = 16;
	packet->l3_at = (uint16_t)at;
	packet->l3_bytes = total;
	if (be16(header + 6) & 0x3fff) /* more fragments, or an offset */
		return PACKET_FRAGMENT;
	if (at + bytes > packet->captured)
		return PACKET_TRUNCATED;
	return transport(packet, at + bytes, at + total);
}

/* Length of an IPv6 extension header by its second byte (RFC 8200 section 4, RFC 4302 section 2.2,
 * RFC 6275 section 6.1, RFC 7401 section 5.1, RFC 5533 section 5.1); 0: it is none. */
static uint32_t extension_bytes(uint8_t type, uint8_t length)
{
	switch (type) {
	case NEXT_HOP_BY_HOP:
	case NEXT_ROUTING:
	case NEXT_DESTINATION:
	case NEXT_MOBILITY:
	case NEXT_HIP:
	case NEXT_SHIM6:
		return (length + 1) * 8u;
	case NEXT_AUTHENTICATION:
		return (length + 2) * 4u;
	case NEXT_FRAGMENT:
		return 8;
	default:
		return 0;
	}
}

static enum packet_kind extensions(struct packet *packet, uint32_t at, uint32_t end)
{
	for (unsigned count = 0; extension_bytes(packet->proto, 0) != 0; count++) {
		const uint8_t *header = packet->frame + at;
		uint8_t type = packet->proto;

		if (count == EXTENSIONS_MAX)
			return PACKET_MALFORMED;
		if (at + 8 > packet->captured || at + 8 > end)
			return missing(at + 8, end);
		packet->proto = header[0];
		at += extension_bytes(type, header[1]);
		/* An offset or more to come; with neither it is whole (RFC 6946). */
		if (type == NEXT_FRAGMENT && be16(header + 2) & 0xfff9)
			return PACKET_FRAGMENT;
		if (at > packet->captured || at > end)
			return missing(at, end);
	}
	return transport(packet, at, end);
}

/* A payload length of 0 that cannot be meant: the stack left it to the network card, or a jumbo
 * payload option says it (RFC 2675), which would not fit into 16 bits either. */
static bool length_is_elsewhere(uint8_t next)
{
	return next == PROTO_TCP || next == PROTO_UDP || next == NEXT_HOP_BY_HOP;
}

/* RFC 8200 section 3. */
static enum packet_kind ipv6(struct packet *packet, uint32_t at)
{
	const uint8_t *header = packet->frame + at;
	uint32_t end;

	if (at + 40 > packet->captured)
		return missing(at + 40, packet->wire);
	end = at + 40 + be16(header + 4);
	if (end == at + 40 && length_is_elsewhere(header[6]))
		end = packet->wire;
	if (header[0] >> 4 != 6 || end > packet->wire)
		return PACKET_MALFORMED;
	packet->ip_version = 6;
	packet->proto = header[6];
	packet->source_at = 8;
	packet->destination_at = 24;
	packet->l3_at = (uint16_t)at;
	packet->l3_bytes = end - at;
	return extensions(packet, at + 40, end);
}

/* 802.2 with SNAP and the OUI that says "an ethertype follows" (RFC 1042). Other 802.2 frames may
 * be shorter than that and are whole all the same. */
static enum packet_kind snap(struct packet *packet, uint32_t at)
{
	static const uint8_t rfc1042[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
	const uint8_t *header = packet->frame + at;
	uint32_t type;

	if (at + 8 > packet->captured)
		return at + 8 > packet->wire ? PACKET_NOT_IP : PACKET_TRUNCATED;
	if (memcmp(header, rfc1042, sizeof(rfc1042)) != 0)
		return PACKET_NOT_IP;
	type = be16(header + 6);
	if (type == ETHERTYPE_IPV4)
		return ipv4(packet, at + 8);
	return type == ETHERTYPE_IPV6 ? ipv6(packet, at + 8) : PACKET_NOT_IP;
}

/* 802.1Q, 802.1ad, and the type that was in use before 802.1ad. */
static bool is_tag(uint32_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

static enum packet_kind ethertype(struct packet *packet, uint32_t type, uint32_t at)
{
	for (unsigned count = 0; is_tag(type); count++) {
		if (count == TAGS_MAX)
			return PACKET_MALFORMED;
		if (at + 4 > packet->captured)
			return missing(at + 4, packet->wire);
		type = be16(packet->frame + at + 2);
		at += 4;
	}
	if (type == ETHERTYPE_IPV4)
		return ipv4(packet, at);
	if (type == ETHERTYPE_IPV6)
		return ipv6(packet, at);
	return type < ETHERTYPE_LEAST ? snap(packet, at) : PACKET_NOT_IP;
}

static enum packet_kind raw_ip(struct packet *packet, uint32_t at)
{
	if (at + 1 > packet->captured)
		return missing(at + 1, packet->wire);
	return packet->frame[at] >> 4 == 6 ? ipv6(packet, at) : ipv4(packet, at);
}

/* AF_INET is 2 everywhere; AF_INET6 is 24 (NetBSD, OpenBSD, Npcap), 28 (FreeBSD) or 30 (macOS).
 * The host that captured wrote it, so its byte order is not known but the value is small. */
static enum packet_kind bsd_loopback(struct packet *packet)
{
	uint32_t family = be32(packet->frame);

	if (family > UINT16_MAX)
		family = __builtin_bswap32(family);
	if (family == 2)
		return ipv4(packet, 4);
	return family == 24 || family == 28 || family == 30 ? ipv6(packet, 4) : PACKET_NOT_IP;
}

/* RFC 1661 section 2, RFC 1662 section 3.1: address and control may be left out, and of a protocol
 * number below 256 the first byte. A Cisco HDLC address may stand there as well. */
static enum packet_kind ppp(struct packet *packet)
{
	const uint8_t *frame = packet->frame;
	uint32_t at = be16(frame) == 0xff03 ? 2 : 0;
	uint32_t protocol;

	if (frame[0] == 0x0f || frame[0] == 0x8f)
		return ethertype(packet, be16(frame + 2), 4);
	protocol = frame[at];
	at++;
	if (!(protocol & 1)) {
		protocol = protocol << 8 | frame[at];
		at++;
	}
	if (protocol == 0x0021)
		return ipv4(packet, at);
	return protocol == 0x0057 ? ipv6(packet, at) : PACKET_NOT_IP;
}

/* Bytes of the link header that are always there, and where in it an ethertype is. */
struct framing {
	uint8_t header;
	uint8_t type_at;
};

static const struct framing framings[] = {
	[LINK_ETHERNET] = {14, 12},
	[LINK_LINUX_SLL] = {16, 14},
	[LINK_LINUX_SLL2] = {20, 0},
	[LINK_CISCO_HDLC] = {4, 2},
	[LINK_BSD_NULL] = {4, 0},
	[LINK_BSD_LOOP] = {4, 0},
	[LINK_PPP] = {4, 0},
	[LINK_RAW_IP] = {0, 0},
};

static enum packet_kind by_link(struct packet *packet, enum link_layer link)
{
	const struct framing *framing = &framings[link];

	if (framing->header > packet->captured)
		return missing(framing->header, packet->wire);
	switch (link) {
	case LINK_RAW_IP:
		return raw_ip(packet, 0);
	case LINK_BSD_NULL:
	case LINK_BSD_LOOP:
		return bsd_loopback(packet);
	case LINK_PPP:
		return ppp(packet);
	default:
		return ethertype(packet, be16(packet->frame + framing->type_at), framing->header);
	}
}

void packet_parse(struct packet *packet, enum link_layer link, const uint8_t *frame,
	uint32_t captured, uint32_t wire)
{
	packet->frame = frame;
	packet->captured = captured;
	packet->wire = wire > captured ? wire : captured;
	packet->l3_bytes = 0;
	packet->payload_bytes = 0;
	packet->payload_captured = 0;
	packet->tcp_seq = 0;
	packet->l3_at = 0;
	packet->l4_at = 0;
	packet->payload_at = 0;
	packet->source_port = 0;
	packet->destination_port = 0;
	packet->ip_version = 0;
	packet->proto = 0;
	packet->tcp_flags = 0;
	packet->source_at = 0;
	packet->destination_at = 0;
	/* The common case first and inline; by_link() knows it too. */
	if (link == LINK_ETHERNET && captured >= 14 && be16(frame + 12) == ETHERTYPE_IPV4)
		packet->kind = ipv4(packet, 14);
	else
		packet->kind = by_link(packet, link);
}
