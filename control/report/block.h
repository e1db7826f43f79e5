/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Data inside the page: JSON in a <script type="application/json">. Whatever bytes a packet put
 * into a name, no '<' is written, so nothing can end the element.
 */
#ifndef SLUICE_REPORT_BLOCK_H
#define SLUICE_REPORT_BLOCK_H

#include "csv.h"

#include "control/failure.h"

#include <jansson.h>
#include <stdio.h>

enum { BLOCK_JSON_BYTES = 16 * 1024 * 1024 }; /* the longest JSON file that is read */

void block_begin(FILE *page, const char *id);
void block_end(FILE *page);

/* A JSON string of any bytes; what is not UTF-8 becomes U+FFFD. */
void block_string(FILE *page, struct csv_field text);

void block_number(FILE *page, uint64_t number);

/* A bare number where every reader keeps it exactly (up to 15 digits), else a string. */
void block_value(FILE *page, struct csv_field text);

/* Reads FOLDER/NAME, which must be a JSON object. */
json_t *block_read(const char *folder, const char *name, struct failure *failure);

/* A whole block of a JSON value. */
void block_json(FILE *page, const char *id, const json_t *value);

#endif
