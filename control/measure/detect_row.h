/* SPDX-License-Identifier: BSD-3-Clause */
/* Judgements as rows: a table for people, or JSON. */
#ifndef SLUICE_MEASURE_DETECT_ROW_H
#define SLUICE_MEASURE_DETECT_ROW_H

#include "control/measure/judge.h"

#include <stdio.h>

void detect_row_header(FILE *out);
void detect_row_table(const struct flow_journals *flow, enum direction direction,
	const struct judgements *judgements, FILE *out);

/* False when memory is gone. */
bool detect_row_json(const struct flow_journals *flow, enum direction direction,
	const struct judgements *judgements, FILE *out);

#endif
