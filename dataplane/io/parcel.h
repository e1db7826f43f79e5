/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame of a capture that lies ready to be sent. */
#ifndef SLUICE_PARCEL_H
#define SLUICE_PARCEL_H

#include <stdint.h>

enum { PARCEL_BYTES_MAX = 65000 /* a buffer with its headroom has 16 bits */ };

struct parcel {
	uint64_t position; /* ns since the first one as loaded; then what pace_lay_out() makes of it
			    */
	uint8_t *data;     /* an Ethernet frame without FCS; owned by whoever loaded it */
	uint16_t bytes;
	uint16_t captured; /* those from here on are zeros that stand for what was not captured */
};

/* On the wire: with 4 bytes of FCS, at least 64; without preamble and gap. */
static inline uint32_t parcel_wire_bytes(const struct parcel *parcel)
{
	return parcel->bytes < 60 ? 64 : parcel->bytes + 4u;
}

#endif
