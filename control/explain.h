/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A rule in plain words, one sentence a question.
 */
#ifndef SLUICE_EXPLAIN_H
#define SLUICE_EXPLAIN_H

#include "rules.h"

#include <stdio.h>

/* `rule` counts from 0. */
typedef void explain_sentence(const struct rules *rules, uint32_t rule, FILE *out);

/* Which flows; how the box reads them ("" when it reads no names); what it does; when it ends. */
explain_sentence explain_when, explain_reading, explain_then, explain_until;

#endif
