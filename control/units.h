/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers with their units as people write them: "140kbit/s", "17500B", "600s", "25 packets",
 * "90%", "2021-04-02". A unit is never implied, and a number that is not a whole multiple of the
 * base unit is an error, not rounded.
 */
#ifndef SLUICE_UNITS_H
#define SLUICE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum quantity {
	QUANTITY_TEXT,     /* none of the others */
	QUANTITY_NUMBER,   /* without unit, or a share in %; base unit 1e-9 */
	QUANTITY_RATE,     /* bit/s */
	QUANTITY_BYTES,    /* B */
	QUANTITY_DURATION, /* ns */
	QUANTITY_PACKETS,
	QUANTITY_DATE, /* yyyymmdd */
};

enum { UNITS_WHY = 160 };

#define UNITS_RATE_MAX (400ull * 1000 * 1000 * 1000) /* bit/s */

/* Reads text as the quantity into its base unit. False: why[UNITS_WHY] says what is wrong and
 * what is allowed. A rate is 1 to UNITS_RATE_MAX. */
bool units_parse(const char *text, enum quantity quantity, uint64_t *value, char *why);

/* "0.9" or "90%", 0 to 1, as a share of 2^64: rounded to the nearest, 1 is UINT64_MAX. */
bool units_probability(const char *text, uint64_t *value, char *why);

/* A whole number without unit, no larger than max. */
bool units_count(const char *text, uint64_t max, uint64_t *value, char *why);

/* What text is written as; *value is its base units (0 for QUANTITY_TEXT). */
enum quantity units_recognise(const char *text, uint64_t *value);

/* "a rate", "an amount of bytes", ... */
const char *units_quantity_word(enum quantity quantity);

/* The i-th unit a quantity may be written with ("" for none); NULL beyond the last. */
const char *units_word(enum quantity quantity, size_t i);

#endif
