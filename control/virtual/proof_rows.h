/* SPDX-License-Identifier: BSD-3-Clause */
/* Proofs for people (a line for each thing that was wanted) and for programs. */
#ifndef SLUICE_PROOF_ROWS_H
#define SLUICE_PROOF_ROWS_H

#include "control/virtual/proof.h"

#include <jansson.h>
#include <stdio.h>

void proof_print(const char *model, const struct proof *proof, FILE *out);

json_t *proof_json(const char *model, const struct proof *proof);

/* "130kbit/s to 150kbit/s", "yes", "at least 8": as published, and as measured. */
void proof_published(const struct expected *expected, char *into, size_t size);
void proof_measured(
	const struct expected *expected, const struct measured *measured, char *into, size_t size);

#endif
