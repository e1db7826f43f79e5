/* SPDX-License-Identifier: BSD-3-Clause */
/* What track.c and acknowledge.c share. */
#ifndef SLUICE_MEASURE_ACKNOWLEDGE_H
#define SLUICE_MEASURE_ACKNOWLEDGE_H

#include "control/measure/track.h"

/* The 64-bit number next to `near` that ends in the 32 bits of `sequence`. */
uint64_t track_unwrap(uint64_t near, uint32_t sequence);

void track_tell(const struct track_listener *listener, const struct track_event *event);

#endif
