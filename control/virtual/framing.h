/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP packets as hosts send them, checksums included (RFC 791, 8200, 9293, 768, 1071; SACK RFC 2018,
 * timestamps and window scale RFC 7323).
 */
#ifndef SLUICE_FRAMING_H
#define SLUICE_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAMING_HEADERS_MAX = 40 + 60, FRAMING_SACKS = 3 };

struct framing_end {
	uint8_t address[16]; /* IPv4 in the first four */
	uint16_t port;
};

struct framing {
	struct framing_end from, to;
	uint8_t ip_version;
	uint16_t ip_id; /* IPv4 */
	/* TCP */
	uint8_t flags; /* enum tcp_flag */
	uint32_t seq, ack;
	uint16_t mss;    /* option of a SYN, 0 none */
	bool timestamps; /* option in every segment */
	uint32_t now, echo;
	uint32_t sacks[FRAMING_SACKS][2];
	unsigned sack_count;
};

/* Each writes headers and payload to `bytes` (room for FRAMING_HEADERS_MAX more than the payload)
 * and returns the length. */
uint32_t framing_tcp(
	uint8_t *bytes, const struct framing *of, const uint8_t *payload, uint32_t payload_len);
uint32_t framing_udp(
	uint8_t *bytes, const struct framing *of, const uint8_t *payload, uint32_t payload_len);

/* Fragment `number` of `count` of a UDP datagram over IPv4 whose payload, noise, makes each but the
 * last carry `part` bytes, a multiple of 8. */
uint32_t framing_fragment(
	uint8_t *bytes, const struct framing *of, unsigned number, unsigned count, uint32_t part);

/* Bytes that look encrypted: position `at` of an endless sequence of which `seed` chooses the
 * begin. */
void framing_noise(uint8_t *bytes, size_t len, uint64_t seed, uint64_t at);

#endif
