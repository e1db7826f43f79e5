/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/reset.h"

#include "dataplane/checksum.h"
#include "dataplane/throttle/throttle.h"

#include <string.h>

enum {
	ETHERNET_ADDRESSES = 12,
	ETHERNET_LEAST = 60,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_BYTES = 20,
	/* Offsets in headers */
	IPV4_LENGTH = 2,
	IPV4_TTL = 8,
	IPV4_CHECKSUM = 10,
	IPV6_LENGTH = 4,
	IPV6_NEXT = 6,
	IPV6_HOPS = 7,
	TCP_SEQUENCE = 4,
	TCP_ACKNOWLEDGED = 8,
	TCP_OFFSET = 12,
	TCP_FLAGS = 13,
	TCP_WINDOW = 14,
	TCP_CHECKSUM = 16,
};

/* One that is being made. */
struct making {
	const struct reset *reset;
	const struct packet *packet;
	uint8_t *frame, *ip, *tcp;
	uint32_t tcp_bytes; /* to the end of the packet */
	unsigned turn;      /* how many went to this end before it */
	bool passed;        /* the answered packet goes on, too */
	bool back;
};

unsigned reset_count(const struct reset *reset)
{
	if (reset->way == RESET_IN_PLACE)
		return 1;
	return (unsigned)reset->count * (reset->to == RESET_TO_BOTH ? 2 : 1);
}

static uint32_t be32(const uint8_t *at)
{
	return be16(at) << 16 | be16(at + 2);
}

static void put_be32(uint8_t *at, uint32_t value)
{
	put_be16(at, value >> 16);
	put_be16(at + 2, value);
}

static uint8_t stepped(uint64_t first, uint64_t step, unsigned turn)
{
	uint64_t value = first + step * turn;

	return value > UINT8_MAX ? UINT8_MAX : (uint8_t)value;
}

static void swap(uint8_t *one, uint8_t *other, unsigned bytes)
{
	uint8_t kept[16];

	memcpy(kept, one, bytes);
	memcpy(one, other, bytes);
	memcpy(other, kept, bytes);
}

static void turn_round(const struct making *making, enum link_layer link)
{
	const struct packet *packet = making->packet;

	if (link == LINK_ETHERNET)
		swap(making->frame, making->frame + ETHERNET_ADDRESSES / 2, ETHERNET_ADDRESSES / 2);
	swap(making->ip + packet->source_at, making->ip + packet->destination_at,
		packet->ip_version == 4 ? 4 : 16);
	swap(making->tcp, making->tcp + 2, 2);
}

/* The header alone, without options or extensions, and without fragments. */
static void put_ip(const struct making *making)
{
	const struct reset *reset = making->reset;
	uint8_t *ip = making->ip;

	if (making->packet->ip_version == 4) {
		ip[0] = 4 << 4 | IPV4_BYTES / 4;
		if (reset->ttl)
			ip[IPV4_TTL] = stepped(reset->ttl, reset->ttl_step, making->turn);
		return;
	}
	ip[IPV6_NEXT] = PROTO_TCP;
	if (reset->ttl)
		ip[IPV6_HOPS] = stepped(reset->ttl, reset->ttl_step, making->turn);
}

/* What the packet takes up of the sequence. */
static uint32_t taken(const struct packet *packet)
{
	return packet->payload_bytes + !!(packet->tcp_flags & TCP_SYN) +
	       !!(packet->tcp_flags & TCP_FIN);
}

static void put_numbers(const struct making *making)
{
	static const uint32_t on[] = {0, 1460, 4380};
	const struct packet *packet = making->packet;
	bool acks = packet->tcp_flags & TCP_ACK;
	uint32_t acknowledged = acks ? be32(packet->frame + packet->l4_at + TCP_ACKNOWLEDGED) : 0;
	uint32_t after = packet->tcp_seq + taken(packet);
	uint32_t sequence = making->back ? acknowledged : making->passed ? after : packet->tcp_seq;

	if (making->reset->sequence == RESET_SPREAD)
		sequence += on[making->turn];
	put_be32(making->tcp + TCP_SEQUENCE, sequence);
	put_be32(making->tcp + TCP_ACKNOWLEDGED, making->reset->bare ? 0
						 : making->back      ? after
								     : acknowledged);
}

static void put_tcp(const struct making *making)
{
	const struct reset *reset = making->reset;
	uint64_t window = reset->window + reset->window_step * making->turn;

	put_numbers(making);
	making->tcp[TCP_OFFSET] = TCP_BYTES / 4 << 4;
	making->tcp[TCP_FLAGS] = reset->bare ? TCP_RST : TCP_RST | TCP_ACK;
	put_be16(making->tcp + TCP_WINDOW, window > UINT16_MAX ? UINT16_MAX : (uint32_t)window);
	put_be16(making->tcp + TCP_CHECKSUM + 2, 0); /* urgent pointer */
}

/* Lengths and checksums. */
static void seal(const struct making *making)
{
	const struct packet *packet = making->packet;
	uint32_t address_bytes = packet->ip_version == 4 ? 4 : 16;
	uint32_t ip_bytes = (uint32_t)(making->tcp - making->ip);
	uint64_t sum = PROTO_TCP + making->tcp_bytes;

	if (packet->ip_version == 4) {
		put_be16(making->ip + IPV4_LENGTH, ip_bytes + making->tcp_bytes);
		put_be16(making->ip + IPV4_CHECKSUM, 0);
		put_be16(making->ip + IPV4_CHECKSUM,
			~checksum_fold(checksum_sum(making->ip, ip_bytes)) & 0xffff);
	} else {
		put_be16(making->ip + IPV6_LENGTH, ip_bytes + making->tcp_bytes - IPV6_BYTES);
	}
	sum += checksum_sum(making->ip + packet->source_at, address_bytes);
	sum += checksum_sum(making->ip + packet->destination_at, address_bytes);
	put_be16(making->tcp + TCP_CHECKSUM, 0);
	sum += checksum_sum(making->tcp, making->tcp_bytes);
	put_be16(making->tcp + TCP_CHECKSUM, ~checksum_fold(sum) & 0xffff);
}

static uint32_t finish(const struct making *making, enum link_layer link)
{
	uint32_t bytes = (uint32_t)(making->tcp - making->frame) + making->tcp_bytes;

	seal(making);
	if (link != LINK_ETHERNET || bytes >= ETHERNET_LEAST)
		return bytes;
	memset(making->frame + bytes, 0, ETHERNET_LEAST - bytes);
	return ETHERNET_LEAST;
}

/* All headers as they were; a capture may have cut the options of TCP. */
static uint32_t make_in_place(struct making *making, enum link_layer link)
{
	const struct packet *packet = making->packet;

	if (packet->payload_at > RESET_BYTES_MAX)
		return 0;
	memcpy(making->frame, packet->frame, packet->payload_at);
	making->ip = making->frame + packet->l3_at;
	making->tcp = making->frame + packet->l4_at;
	making->tcp_bytes = packet->payload_at - packet->l4_at;
	making->tcp[TCP_OFFSET] = (uint8_t)(making->tcp_bytes / 4 << 4);
	making->tcp[TCP_FLAGS] = TCP_RST | TCP_ACK;
	making->tcp_bytes = making->tcp_bytes / 4 * 4;
	return finish(making, link);
}

static uint32_t make_beside(struct making *making, enum link_layer link)
{
	const struct packet *packet = making->packet;
	uint32_t ip_bytes = packet->ip_version == 4 ? IPV4_BYTES : IPV6_BYTES;

	if (packet->l3_at + ip_bytes + TCP_BYTES > RESET_BYTES_MAX)
		return 0;
	memcpy(making->frame, packet->frame, packet->l3_at + ip_bytes);
	making->ip = making->frame + packet->l3_at;
	making->tcp = making->ip + ip_bytes;
	making->tcp_bytes = TCP_BYTES;
	memcpy(making->tcp, packet->frame + packet->l4_at, TCP_BYTES);
	put_ip(making);
	put_tcp(making);
	if (making->back)
		turn_round(making, link);
	return finish(making, link);
}

uint32_t reset_make(const struct verdict *verdict, const struct packet *packet,
	enum link_layer link, unsigned n, uint8_t frame[RESET_BYTES_MAX], bool *back)
{
	const struct reset *reset = verdict->reset;
	bool to_client = reset->to == RESET_TO_CLIENT ||
			 (reset->to == RESET_TO_BOTH && n < (unsigned)reset->count);
	struct making making = {
		.reset = reset,
		.packet = packet,
		.frame = frame,
		.turn = n % (unsigned)reset->count,
		.back = to_client == (verdict->direction == DIRECTION_UP),
		.passed = verdict->fate != FATE_DROP,
	};

	*back = reset->way == RESET_BESIDE && making.back;
	return reset->way == RESET_IN_PLACE ? make_in_place(&making, link)
					    : make_beside(&making, link);
}
