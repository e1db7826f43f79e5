/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows of flows.csv: collected by workers as flows end, put in order and written by one thread.
 */
#ifndef SLUICE_FLOW_ROWS_H
#define SLUICE_FLOW_ROWS_H

#include "control/flow_line.h"
#include "control/sequences.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is kept of a flow that ended. */
struct flow_row {
	struct flow flow;
	struct flow_record record;
	uint8_t ending; /* enum flow_ending */
	uint8_t name_len, hello_len;
	uint8_t name[]; /* then the texts of the hello (classifiers/hello_texts.h) */
};

/* A growing list of rows; zeroed at first. */
struct flow_rows {
	uint8_t *bytes;
	size_t used, size;
	uint32_t count;
	bool failed; /* memory is gone */
};

/* What the words in a row are taken from, and who else wants to know a flow's name. */
struct flow_words {
	const struct ruleset *ruleset;
	const struct pipeline *pipeline;
	struct sequences *sequences;
};

void flow_rows_add(struct flow_rows *rows, const struct flow_ended *ended);
void flow_rows_clear(struct flow_rows *rows); /* keeps the memory for the next rows */
void flow_rows_free(struct flow_rows *rows);

/* The rows of several lists in the order of the flows' first packets: an array that the caller
 * frees, of pointers that live as long as the lists. NULL when memory is, or was, gone. */
const struct flow_row **flow_rows_sorted(
	struct flow_rows *const lists[], unsigned list_count, size_t *count);

void flow_rows_header(FILE *out);

/* Writes them in that order, and counts the flows and those that lost packets. False when memory is
 * gone. */
struct flow_totals {
	uint64_t flows, throttled; /* throttled: with a packet dropped or held */
	uint64_t held;             /* packets that left later */
};
bool flow_rows_write(struct flow_rows *const lists[], unsigned list_count,
	const struct flow_words *words, struct flow_totals *totals, FILE *out);

#endif
