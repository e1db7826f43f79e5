/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `sluice top` shows of a box or a lab: rows with rates, made of readings of counters one
 * after another. A rate is that between the last two readings that differ in the time they are of.
 */
#ifndef SLUICE_TOP_ROWS_H
#define SLUICE_TOP_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOP_NAME = 64, TOP_HISTORY = 128 };

enum top_kind { TOP_ALL, TOP_NODE, TOP_PORT, TOP_RULE, TOP_DROP };

struct top_totals {
	uint64_t received, received_bytes, forwarded_bytes, dropped, dropped_bytes;
};

struct top_row {
	enum top_kind kind;
	char name[TOP_NAME];
	char standing[32]; /* of a node */
	uint64_t flows;
	struct top_totals totals;
	double offered, delivered, dropped, dropped_packets; /* bit/s; packets/s */
	double history[TOP_HISTORY];                         /* offered; the newest first */
	uint64_t ns;                                         /* time of the totals */
	unsigned reading;                                    /* the last one that had it */
};

struct top_rows {
	struct top_row *items;
	size_t count, room;
	unsigned reading;
	char lab[TOP_NAME]; /* or the box's name */
};

/* The next reading: counters.json of a box (summary.h) or of a lab (lab_counters.h). False: no
 * memory. */
bool top_rows_take(struct top_rows *rows, const json_t *counters);
void top_rows_end(struct top_rows *rows);

/* Rows of what is gone since the last reading are not shown. */
static inline bool top_row_is_there(const struct top_rows *rows, const struct top_row *row)
{
	return row->reading == rows->reading;
}

#endif
