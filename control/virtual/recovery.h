/* SPDX-License-Identifier: BSD-3-Clause */
/* Of a flight: which segments are lost, and what that does to its window. */
#ifndef SLUICE_RECOVERY_H
#define SLUICE_RECOVERY_H

#include "control/virtual/flight.h"

/* After the acknowledged segments are gone. */
void recovery_acked(struct flight *flight, const struct congestion_ack *told);

/* Time has passed: marks what is lost by now; `delivered`: segments newly so. */
void recovery_look(struct flight *flight, uint32_t delivered);

/* All that flies is lost. */
void recovery_time_out(struct flight *flight);

/* One reduction of the window, over at once. */
void recovery_reduce(struct flight *flight);

/* Segment i from the first that is not acknowledged on. */
struct flight_segment *flight_segment(const struct flight *flight, size_t i);

#endif
