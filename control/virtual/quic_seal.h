/* SPDX-License-Identifier: BSD-3-Clause */
/* A QUIC client's first Initial, sealed as RFC 9001 section 5 says. */
#ifndef SLUICE_QUIC_SEAL_H
#define SLUICE_QUIC_SEAL_H

#include "control/virtual/utterance.h"

/* Its ClientHello and its datagram size are as the step says. */
void quic_initial(struct utterance *utterance, const struct script_step *step, uint64_t seed);

#endif
