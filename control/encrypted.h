/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `fully_encrypted`: what a box takes the client's first payload for (classifiers/entropy.h).
 *
 *   fully_encrypted: yes        by the published limits; no: its contrary
 *   fully_encrypted:            or by others; what is left out is as published
 *     set_bits: [3.4, 4.6]      mean bits set in a byte: exempt up to the first, from the second on
 *     printable_lead: 6         exempt when so many first bytes print, or more
 *     printable_share: 50%      exempt when more than that of all bytes print
 *     printable_run: 20         exempt when more than so many in a row print
 *     prefixes: [tls, http]     exempt when it begins like one of these
 */
#ifndef SLUICE_ENCRYPTED_H
#define SLUICE_ENCRYPTED_H

#include "conditions.h"

/* The condition of the key `node`; `inspect` goes into it. NULL on failure. */
struct expr *encrypted_read(
	struct conditions *conditions, const struct yaml_node *node, uint8_t inspect);

#endif
