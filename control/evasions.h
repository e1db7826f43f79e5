/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What people tried against a box, and whether it helped: findings like any other.
 *
 *   evasions:
 *     - {how: "ClientHello over two TCP segments", worked: yes, date: 2022, source: imc22,
 *        certainty: A, see: hello-in-two-segments}
 *
 * `see` names the expectation that shows it.
 */
#ifndef SLUICE_EVASIONS_H
#define SLUICE_EVASIONS_H

#include "yaml.h"

#include <stdio.h>

/* Checks `evasions` of the root, after `expect` was. True when there are none. False on failure. */
bool evasions_check(const struct yaml_node *root, struct failure *failure);

/* A line an evasion, those that worked first; nothing when there are none. */
void evasions_tell(const struct yaml_node *root, FILE *out);

/* Keys of an evasion, NULL-terminated. */
extern const char *const evasions_words[];

#endif
