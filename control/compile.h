/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules of a document to the form that the dataplane reads.
 */
#ifndef SLUICE_COMPILE_H
#define SLUICE_COMPILE_H

#include "references.h"

#include "dataplane/ruleset.h"

/* Checks and compiles `rules` of the root, numbered as the first ruleset (succession.h). The caller
 * frees with ruleset_free. NULL on failure. */
struct ruleset *compile_rules(const struct references *references, const struct yaml_node *root);

/* A ruleset without rules. */
struct ruleset *compile_nothing(const struct references *references);

/* 1 to 63 small letters, digits and "-": safe as a CSV field, a JSON key and a file name. */
bool compile_id_valid(const char *id);

/* Keys of a rule, NULL-terminated. */
extern const char *const rule_words[];

#endif
