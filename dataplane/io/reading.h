/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets out of packet buffers. */
#ifndef SLUICE_READING_H
#define SLUICE_READING_H

#include "classifiers/packet.h"

#include <rte_mbuf.h>

/* A packet in several buffers is read from a copy of its beginning. */
enum { READING_BYTES = 16384 };

/* Fills all but index and time_ns. The packet points into the buffer or into `copy`, which has room
 * for READING_BYTES. */
void reading_parse(struct packet *packet, struct rte_mbuf *buffer, uint8_t *copy);

#endif
