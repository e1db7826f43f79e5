/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a model of the library owes its reader: of each parameter and each dated list a source and
 * how certain it is, of each number its unit, of each finding where it was published.
 */
#ifndef SLUICE_PROVENANCE_H
#define SLUICE_PROVENANCE_H

#include "yaml.h"

/* Checks params, versions of lists, evasions and expect of a root that was read already. False on
 * failure, at the first that says too little. */
bool provenance_check(const struct yaml_node *root, struct failure *failure);

#endif
