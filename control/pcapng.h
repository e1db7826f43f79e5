/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures out: pcapng (IETF draft-ietf-opsawg-pcapng) with nanosecond times and packet comments,
 * little endian, one section, one interface for each input framing.
 */
#ifndef SLUICE_PCAPNG_H
#define SLUICE_PCAPNG_H

#include "failure.h"

#include "classifiers/packet.h"

#include <stdint.h>

struct pcapng;

/* Creates the file and writes the section header; `application` goes into shb_userappl. */
struct pcapng *pcapng_create(const char *path, const char *application, struct failure *failure);

/* Declares an interface; returns its number. `name` goes into if_name. */
uint32_t pcapng_interface(struct pcapng *pcapng, enum link_layer link, const char *name);

/* `comment` may be NULL (comment_len 0). Errors are kept until pcapng_close. Buffered: a call
 * costs a copy, not a system call. */
void pcapng_write(struct pcapng *pcapng, uint32_t interface, uint64_t time_ns, const uint8_t *data,
	uint32_t captured, uint32_t wire, const char *comment, uint32_t comment_len);

/* Flushes and closes; false with *failure set when anything could not be written. */
bool pcapng_close(struct pcapng *pcapng, struct failure *failure);

#endif
