/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An answer of DPDK's telemetry under construction: names and numbers, nested, and never longer
 * than what the library can send. What does not fit would be left out without a word.
 */
#ifndef SLUICE_TELEMETRY_PAGE_H
#define SLUICE_TELEMETRY_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_tel_data;

enum {
	PAGE_BYTES = 15500, /* of 16384, less the endpoint's name and what comes last */
	PAGE_NAMES = 250,   /* of 256 */
};

struct page {
	struct rte_tel_data *data; /* NULL: measures only */
	size_t bytes;              /* of its JSON so far */
	unsigned names;
};

/* Names may hold hyphens and points, which become underscores. */
void page_number(struct page *page, const char *name, uint64_t number);
void page_text(struct page *page, const char *name, const char *text); /* not ASCII: '?' */

/* An object inside: fill what comes back, then close it. */
struct page page_open(const struct page *page);
void page_close(struct page *page, const char *name, struct page *inside);

/* Whether an object of this size fits too. */
bool page_fits(const struct page *page, const char *name, const struct page *measured);

#endif
