/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures in: pcap and pcapng, microseconds and nanoseconds, either byte order, any of the
 * framings of packet.h; several files merged in time order. Streaming: memory does not follow
 * the size of a file. libpcap, which is included by capture.c only, says what a file is and reads
 * what is not plain (records.h).
 */
#ifndef SLUICE_CAPTURE_H
#define SLUICE_CAPTURE_H

#include "failure.h"
#include "pieces.h"
#include "warnings.h"

#include "classifiers/packet.h"

#include <stddef.h>
#include <stdint.h>

struct capture;

struct capture_frame {
	uint64_t time_ns;    /* since the epoch, as in the capture */
	const uint8_t *data; /* lives until the next call, and as long as somebody holds `piece` */
	struct piece *piece; /* that the data lies in; NULL: it does not live longer */
	uint32_t captured, wire;
	uint16_t file; /* index into the paths given */
	enum link_layer link;
};

/*
 * Opens all paths ("-": standard input, once). Fails with EXIT_BAD_INPUT and one line for a
 * missing or unreadable file, something that is not a capture, and an unknown link type (its
 * name and the known ones are in the line).
 */
struct capture *capture_open(const char *const *paths, size_t count, struct failure *failure);

/*
 * 1: *frame is the next one in time order (equal times: in the order of the paths; a file whose
 * own time runs backwards is taken in file order). 0: the end. -1: *failure is set (a file that
 * cannot be read on). A file that ends in the middle of a packet is a warning, not a failure:
 * its whole packets have been returned.
 */
int capture_next(struct capture *capture, struct capture_frame *frame, struct warnings *warnings,
	struct failure *failure);

/* Bytes read so far and bytes in all (0 when not known, standard input), for progress. */
void capture_progress(const struct capture *capture, uint64_t *read, uint64_t *total);

/* After the end: lower-case hex SHA-256 of a file's bytes and its length. A file that was not
 * read to its end is read on to it. */
bool capture_digest(struct capture *capture, size_t file, char hex[65], uint64_t *bytes,
	struct failure *failure);

/* Before the first packet: capture_digest will not be called, and costs nothing. */
void capture_forgo_digests(struct capture *capture);

void capture_close(struct capture *capture);

/* libpcap as it names itself at run time: "libpcap version 1.10.3 (with TPACKET_V3)". */
const char *capture_library(void);

#endif
