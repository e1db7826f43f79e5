/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * models.html: every expectation with what was published and what was measured, and for those that
 * move something a plot of bytes over time. One file that needs neither network nor scripts.
 */
#ifndef SLUICE_MODELS_PAGE_H
#define SLUICE_MODELS_PAGE_H

#include "control/virtual/proof.h"

#include <stdio.h>

void models_page_begin(FILE *page);
void models_page_model(FILE *page, const char *id, const char *title);
void models_page_proof(FILE *page, const struct proof *proof);
/* `summary` is one sentence. */
void models_page_end(FILE *page, const char *summary);

#endif
