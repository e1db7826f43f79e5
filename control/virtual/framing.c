/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/framing.h"

#include "classifiers/packet.h"
#include "dataplane/prng.h"

#include <string.h>

enum { IPV4_BYTES = 20, IPV6_BYTES = 40, TCP_BYTES = 20, UDP_BYTES = 8, TTL = 64 };
enum { WINDOW_SHIFT = 7, WINDOW = 24000 }; /* 3 MB */

static uint8_t *put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

static uint64_t add_words(uint64_t sum, const uint8_t *bytes, size_t len)
{
	size_t i = 0;

	for (; i + 1 < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return i < len ? sum + ((uint32_t)bytes[i] << 8) : sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint32_t address_bytes(const struct framing *of)
{
	return of->ip_version == 4 ? 4 : 16;
}

static uint32_t put_ip(
	uint8_t *bytes, const struct framing *of, uint8_t proto, uint32_t len, uint16_t fragment)
{
	uint32_t size = address_bytes(of), at = of->ip_version == 4 ? 12 : 8;

	memset(bytes, 0, IPV6_BYTES);
	memcpy(bytes + at, of->from.address, size);
	memcpy(bytes + at + size, of->to.address, size);
	if (of->ip_version == 6) {
		bytes[0] = 0x60;
		put16(bytes + 4, (uint16_t)len);
		bytes[6] = proto;
		bytes[7] = TTL;
		return IPV6_BYTES;
	}
	bytes[0] = 0x45;
	put16(bytes + 2, (uint16_t)(IPV4_BYTES + len));
	put16(bytes + 4, of->ip_id);
	put16(bytes + 6, fragment);
	bytes[8] = TTL;
	bytes[9] = proto;
	put16(bytes + 10, fold(add_words(0, bytes, IPV4_BYTES)));
	return IPV4_BYTES;
}

static uint16_t l4_checksum(
	const struct framing *of, uint8_t proto, const uint8_t *segment, uint32_t len)
{
	uint64_t sum = add_words(0, of->from.address, address_bytes(of));

	sum = add_words(sum, of->to.address, address_bytes(of));
	return fold(add_words(sum + proto + len, segment, len));
}

static uint8_t *put_options(uint8_t *at, const struct framing *of)
{
	if (of->mss)
		at = put32(at, 2u << 24 | 4u << 16 | of->mss);
	if (of->mss)
		at = put32(at, 4u << 24 | 2u << 16 | 1u << 8 | 1u); /* SACK permitted, 2 NOPs */
	if (of->timestamps) {
		at = put32(at, 1u << 24 | 1u << 16 | 8u << 8 | 10u);
		at = put32(put32(at, of->now), of->echo);
	}
	if (of->mss)
		at = put32(at, 1u << 24 | 3u << 16 | 3u << 8 | WINDOW_SHIFT);
	if (of->sack_count)
		at = put32(at, 1u << 24 | 1u << 16 | 5u << 8 | (2 + 8 * of->sack_count));
	for (unsigned i = 0; i < of->sack_count; i++)
		at = put32(put32(at, of->sacks[i][0]), of->sacks[i][1]);
	return at;
}

uint32_t framing_tcp(
	uint8_t *bytes, const struct framing *of, const uint8_t *payload, uint32_t payload_len)
{
	uint8_t options[40];
	uint32_t options_len = (uint32_t)(put_options(options, of) - options);
	uint32_t len = TCP_BYTES + options_len + payload_len;
	uint32_t at = put_ip(bytes, of, PROTO_TCP, len, 0x4000);
	uint8_t *segment = bytes + at;

	put16(put16(segment, of->from.port), of->to.port);
	put32(put32(segment + 4, of->seq), of->ack);
	segment[12] = (uint8_t)((TCP_BYTES + options_len) / 4 << 4);
	segment[13] = of->flags;
	put16(segment + 14, of->flags & TCP_SYN ? UINT16_MAX : WINDOW);
	put32(segment + 16, 0);
	memcpy(segment + TCP_BYTES, options, options_len);
	if (payload_len)
		memcpy(segment + TCP_BYTES + options_len, payload, payload_len);
	put16(segment + 16, l4_checksum(of, PROTO_TCP, segment, len));
	return at + len;
}

static void put_udp(uint8_t *segment, const struct framing *of, uint32_t len)
{
	uint16_t sum;

	put16(put16(segment, of->from.port), of->to.port);
	put32(segment + 4, len << 16);
	sum = l4_checksum(of, PROTO_UDP, segment, len);
	put16(segment + 6, sum ? sum : UINT16_MAX);
}

uint32_t framing_udp(
	uint8_t *bytes, const struct framing *of, const uint8_t *payload, uint32_t payload_len)
{
	uint32_t len = UDP_BYTES + payload_len;
	uint32_t at = put_ip(bytes, of, PROTO_UDP, len, 0x4000);

	if (payload_len)
		memcpy(bytes + at + UDP_BYTES, payload, payload_len);
	put_udp(bytes + at, of, len);
	return at + len;
}

uint32_t framing_fragment(
	uint8_t *bytes, const struct framing *of, unsigned number, unsigned count, uint32_t part)
{
	static uint8_t datagram[65536];
	uint32_t len = count * part, from = number * part;
	uint32_t at = put_ip(bytes, of, PROTO_UDP, part,
		(uint16_t)((number + 1 < count ? 0x2000 : 0) | from / 8));

	framing_noise(datagram + UDP_BYTES, len - UDP_BYTES, of->ip_id, 0);
	put_udp(datagram, of, len);
	memcpy(bytes + at, datagram + from, part);
	return at + part;
}

void framing_noise(uint8_t *bytes, size_t len, uint64_t seed, uint64_t at)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++, at++) {
		if (!i || at % 8 == 0)
			word = prng_draw(seed, at / 8);
		bytes[i] = (uint8_t)(word >> at % 8 * 8);
	}
}
