/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages of tunnels in their order: what a box can see of a session. */
#ifndef SLUICE_TUNNELS_H
#define SLUICE_TUNNELS_H

#include "control/virtual/utterance.h"

/* Message `number` from 0, and which end sends it. */
enum cargo_side tunnel_openvpn(
	struct utterance *utterance, unsigned number, bool tcp, uint64_t seed);
enum cargo_side tunnel_wireguard(struct utterance *utterance, unsigned number, uint64_t seed);

#endif
