/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The language as a JSON Schema (2020-12), for editors and for programs that write documents: made
 * from the tables that the parser reads by, so that both say the same. What no schema can say (that
 * a rule can be reached, that a reference exists) is for `model check`.
 */
#ifndef SLUICE_SCHEMA_H
#define SLUICE_SCHEMA_H

#include <jansson.h>

/* The caller owns it. */
json_t *schema_new(void);

#endif
