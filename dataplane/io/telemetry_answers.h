/* SPDX-License-Identifier: BSD-3-Clause */
/* What the endpoints answer: a table of names and functions that fill a page from a snapshot. */
#ifndef SLUICE_TELEMETRY_ANSWERS_H
#define SLUICE_TELEMETRY_ANSWERS_H

#include "dataplane/io/snapshot.h"
#include "dataplane/io/telemetry_page.h"

struct telemetry_endpoint {
	const char *name, *help; /* help: at most 63 characters */
	bool pages;              /* the first parameter is where to begin */
	void (*answer)(struct page *page, const struct snapshot *snapshot, uint32_t first);
};

extern const struct telemetry_endpoint telemetry_endpoints[]; /* ends with a NULL name */

#endif
