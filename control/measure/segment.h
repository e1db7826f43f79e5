/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a TCP header says beyond ports and flags: acknowledgement, window and options.
 * RFC 9293 (header), RFC 7323 (scale, time stamps), RFC 2018 (SACK).
 */
#ifndef SLUICE_MEASURE_SEGMENT_H
#define SLUICE_MEASURE_SEGMENT_H

#include "classifiers/packet.h"

#include <stdbool.h>
#include <stdint.h>

enum { SEGMENT_SACKS = 4, SEGMENT_NO_SHIFT = 0xff };

struct segment {
	uint64_t time_ns; /* of the packet */
	uint32_t seq, ack;
	uint32_t len;    /* payload, as on the wire */
	uint32_t window; /* as in the header: not scaled */
	uint32_t ts_value, ts_echo;
	uint32_t sack[SEGMENT_SACKS][2]; /* begin, end */
	uint32_t l3_bytes;
	uint16_t mss;   /* 0: no such option */
	uint16_t ip_id; /* 0: IPv6, or none */
	uint8_t flags;
	uint8_t option_bytes;
	uint8_t shift; /* window scale; SEGMENT_NO_SHIFT: no such option */
	uint8_t sacks;
	bool timestamps, sack_permitted;
};

/* Of a PACKET_FLOW of TCP. False when the capture ends within the fixed header; options that are
 * cut or wrong are as if they were not there. */
bool segment_read(const struct packet *packet, struct segment *segment);

#endif
