/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a document says about itself: id, title, years, sources, what helped against it and what it
 * expects to be seen.
 */
#ifndef SLUICE_METADATA_H
#define SLUICE_METADATA_H

#include "yaml.h"

/* Checks sluice, id, title, years, sources, expect and evasions, and that there are no other keys.
 * False on failure. */
bool metadata_check(const struct yaml_node *root, struct failure *failure);

/* The same for a model of the library, which needs all but expect, and more of
 * each number (provenance.h). */
bool metadata_check_model(const struct yaml_node *root, const char *id, struct failure *failure);

/* Year, year-month or year-month-day. */
bool metadata_is_day(const char *text);

/* The text of a scalar key of the root, "" when it is not there. */
const char *metadata_text(const struct yaml_node *root, const char *key);

/* Keys of a document and of a source, NULL-terminated. */
extern const char *const metadata_words[];
extern const char *const metadata_source_words[];

#endif
