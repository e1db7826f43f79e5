/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One packet: where its headers are and what they say. Nothing is copied and nothing is
 * allocated; any bytes at all may be given, and no byte outside [frame, frame + captured) is read.
 *
 * Lengths are taken from the headers, not from the capture, so that a capture with a short snap
 * length still counts what was on the wire.
 */
#ifndef SLUICE_PACKET_H
#define SLUICE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "span.h"

/* Framings that captures and ports come in (the names of pcap-linktype(7) in capture.c). */
enum link_layer {
	LINK_ETHERNET,   /* with any number of 802.1Q / 802.1ad tags */
	LINK_RAW_IP,     /* version nibble decides between IPv4 and IPv6 */
	LINK_LINUX_SLL,  /* Linux cooked, version 1 */
	LINK_LINUX_SLL2, /* Linux cooked, version 2 */
	LINK_BSD_NULL,   /* address family in either byte order, 4 bytes */
	LINK_BSD_LOOP,   /* address family in network byte order, 4 bytes */
	LINK_CISCO_HDLC,
	LINK_PPP, /* with or without the HDLC address and control bytes */
};

enum packet_kind {
	PACKET_FLOW,      /* IP, whole header chain read: belongs to a flow */
	PACKET_NOT_IP,    /* ARP, LLDP, unknown ethertypes */
	PACKET_FRAGMENT,  /* any IP fragment, the first one too */
	PACKET_TRUNCATED, /* the capture ends inside the headers */
	PACKET_MALFORMED, /* the headers contradict themselves or the frame */
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
};

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };

struct packet {
	uint64_t time_ns; /* set by the caller, see pipeline.h */
	uint64_t index;   /* position in the input from 1; set by the caller */
	const uint8_t *frame;
	uint32_t captured; /* bytes present at frame */
	uint32_t wire;     /* bytes the frame had on the wire, link header included, FCS not */
	uint32_t l3_bytes; /* IP header to the end of the IP packet, after the IP length fields */
	uint32_t payload_bytes;    /* after the L4 header, as on the wire */
	uint32_t payload_captured; /* the part of it that is present, from frame + payload_at */
	uint32_t tcp_seq;
	uint16_t l3_at; /* offsets into frame */
	uint16_t l4_at;
	uint16_t payload_at;
	uint16_t source_port; /* host byte order; 0 where the protocol has no ports */
	uint16_t destination_port;
	uint16_t port;      /* which input it came from; set by the caller */
	uint8_t kind;       /* enum packet_kind; what follows is valid for PACKET_FLOW only, except
			       ip_version, proto, l3_at and l3_bytes, valid for PACKET_FRAGMENT too */
	uint8_t ip_version; /* 4 or 6 */
	uint8_t proto;      /* IP protocol number after all extension headers */
	uint8_t tcp_flags;  /* enum tcp_flag; 0 when not TCP */
	uint8_t source_at;  /* address offsets relative to l3_at: 12/16 (IPv4) or 8/24 (IPv6) */
	uint8_t destination_at;
};

/*
 * Fills everything but time_ns, index and port. Unknown L4 protocols are PACKET_FLOW with ports 0
 * and the payload after the last IP header. An Ethernet frame longer than its IP packet has
 * padding, which is not payload. An IPv4 total length of 0 means segmentation offload: the frame
 * length is used instead (so does an IPv6 payload length of 0 with TCP or UDP next).
 * O(header bytes), bounded: at most 8 VLAN tags and 8 IPv6 extension headers, more are malformed.
 * A capture that ends within TCP options, which nobody reads, is not truncated: payload_at is then
 * where it ends.
 */
void packet_parse(struct packet *packet, enum link_layer link, const uint8_t *frame,
	uint32_t captured, uint32_t wire);

static inline const uint8_t *packet_source(const struct packet *packet)
{
	return packet->frame + packet->l3_at + packet->source_at;
}

static inline const uint8_t *packet_destination(const struct packet *packet)
{
	return packet->frame + packet->l3_at + packet->destination_at;
}

static inline struct span packet_payload(const struct packet *packet)
{
	return (struct span){packet->frame + packet->payload_at, packet->payload_captured};
}

/* Ethernet frame as a shaper on the wire counts it: link header, IP packet, 4 bytes FCS, at least
 * 64. Captures without an Ethernet header count 14 bytes for it. */
static inline uint32_t packet_l2_bytes(const struct packet *packet)
{
	uint32_t header = packet->l3_at < 14 ? 14 : packet->l3_at;
	uint32_t bytes = header + packet->l3_bytes + 4;

	return bytes < 64 ? 64 : bytes;
}

#endif
