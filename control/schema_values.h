/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Single values in the schema: numbers with their units, words, lists of them, references.
 */
#ifndef SLUICE_SCHEMA_VALUES_H
#define SLUICE_SCHEMA_VALUES_H

#include "units.h"

#include <jansson.h>

/* {"$ref": "#/$defs/NAME"} */
json_t *schema_ref(const char *name);

/* "$NAME" or what is written like the quantity. */
json_t *schema_quantity(enum quantity quantity);

/* "$NAME" or one of the words (NULL-terminated). */
json_t *schema_words(const char *const *words);

/* The value alone or a list of such. */
json_t *schema_one_or_more(json_t *value);

/* Adds the definitions that others refer to: scalar, text, name (of a thing), share, yesno, values,
 * hours, date, certainty. */
void schema_define_values(json_t *definitions);

#endif
