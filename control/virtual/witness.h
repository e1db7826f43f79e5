/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who stands beside the host that sends a transfer, sees its packets, and says what kind of device
 * they have met: `sluice measure detect` on what a capture there would hold.
 */
#ifndef SLUICE_WITNESS_H
#define SLUICE_WITNESS_H

#include <stdbool.h>
#include <stdint.h>

struct witness;

/* Never NULL. */
struct witness *witness_new(void);
void witness_free(struct witness *witness); /* NULL is fine */

/* An IP packet, in the order of time. */
void witness_see(struct witness *witness, uint64_t time_ns, const uint8_t *bytes, uint32_t len);

/* Of the last TCP connection that carried data of the client (up) or the server: "policed",
 * "shaped", or "none" when it is neither. No packet may follow. */
const char *witness_verdict(struct witness *witness, bool up);

#endif
