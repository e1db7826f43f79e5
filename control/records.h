/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of the plainest pcap files (draft-ietf-opsawg-pcap): version 2.4 in the byte order of
 * this machine. They are taken where they lie in a stream, which costs a tenth of what reading them
 * through a library does. Whatever else a file may be, and whatever is odd in this one (its end
 * within a packet, a length that cannot be), is left in the stream for libpcap to read and to
 * judge.
 */
#ifndef SLUICE_RECORDS_H
#define SLUICE_RECORDS_H

#include "stream.h"

#include <stdbool.h>
#include <stdint.h>

struct records {
	uint32_t longest; /* frame that is taken; 0: none is */
	uint32_t tick_ns; /* unit of the times */
};

struct record {
	int64_t seconds;
	int64_t part_ns;
	uint32_t captured, wire;
	const uint8_t *data;
};

/* What follows a file's header, from its first bytes. */
struct records records_of(struct span head);

/* True: *record was taken, its data lies in the stream's piece. False: nothing was taken. */
bool records_next(const struct records *records, struct stream *stream, struct record *record);

#endif
