/* SPDX-License-Identifier: BSD-3-Clause */
/* What makes two packets belong to one flow: the five-tuple, without direction. */
#ifndef SLUICE_FLOW_KEY_H
#define SLUICE_FLOW_KEY_H

#include "classifiers/packet.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Canonical five-tuple: the lower end first, so that both directions have the same key. IPv4 fits
 * exactly; IPv6 ends are folded to 64 bits each with the table's key (two flows that share an end
 * collide with a chance of about 2^-64; the addresses themselves are in the record).
 */
struct flow_key {
	uint64_t word[2];
};

/* The key of a PACKET_FLOW; *low: its sender is the lower end (the same with any seed). */
struct flow_key flow_key_with(const struct packet *packet, const uint64_t seed[2], bool *low);

/* Direction-free hash of the addresses, ports and protocol that needs no table and is the same in
 * every run: to choose a shard and to seed draws. */
uint64_t flow_hash(const struct packet *packet);

#endif
