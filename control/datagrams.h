/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `quic`: what datagrams of the client look like to a box that decrypts nothing. All of it must
 * hold for one datagram.
 *
 *   quic:
 *     version: [1, 2, draft-29, 0xfaceb002]   payload bytes 1 to 4, whatever the others say
 *     payload_length: ">= 1001B"              or <=, >, <, 1200B, 1001B-1357B
 *     first_datagram: yes                     only the flow's first one is looked at
 */
#ifndef SLUICE_DATAGRAMS_H
#define SLUICE_DATAGRAMS_H

#include "conditions.h"

/* The condition of the key `node`; `inspect` goes into it. NULL on failure. */
struct expr *datagrams_read(
	struct conditions *conditions, const struct yaml_node *node, uint8_t inspect);

#endif
