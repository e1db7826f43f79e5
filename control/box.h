/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `inspect` of a rule: how its box reads.
 *
 *   inspect:
 *     directions: both                                  both, up, down
 *     reassembly: {tcp: none, tls_records: first}       none, in-order, full; first, all
 *     reassembly: {quic: one-packet}                    closed, one-frame, one-packet, in-order,
 *                                                       full (classifiers/quic.h)
 *     budget: {packets: 15, give_up_on_unrecognised_over: 100B}
 */
#ifndef SLUICE_BOX_H
#define SLUICE_BOX_H

#include "references.h"

#include "dataplane/ruleset.h"

/* What is not written is the default; node may be NULL. False on failure. */
bool box_read_inspect(
	const struct references *references, const struct yaml_node *node, struct inspect *inspect);

/* "both", "up" or "down" as DIRECTIONS_ bits. */
bool box_directions(const struct references *references, const struct yaml_node *node,
	const char *what, uint8_t *directions);

extern const char *const inspect_words[]; /* keys of `inspect` and of the maps in it */
extern const char *const reassembly_keys[];
extern const char *const budget_keys[];
extern const char *const reassembly_words[];  /* by enum reassembly_way */
extern const char *const tls_records_words[]; /* by enum tls_records */
extern const char *const quic_words[];        /* by enum quic_way */

#endif
