/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --protos FILE: a protos.txt, whose protocols nDPI is to know beyond its own in this process.
 *
 * nDPI says nothing of what it does not take. So a line that protos_format.h does not allow is
 * refused, and nDPI is asked afterwards about every name and address that it was given: what is
 * still another protocol's, or nobody's, is told with its line.
 */
#ifndef SLUICE_PROTOS_H
#define SLUICE_PROTOS_H

#include "failure.h"

#include <jansson.h>
#include <stdbool.h>

struct protos;

/* Before any rule is read and any pipeline begins; once. Bad lines are a failure at the first, or,
 * with `skip_bad`, left out and told. What there is to tell goes to standard error, a line each. A
 * path of NULL does nothing. */
bool protos_load(struct protos **protos, const char *path, bool skip_bad, struct failure *failure);
void protos_free(struct protos *protos);

/* {"path", "sha256", "skipped", "without_effect"}, the last two as told; null without a file. */
json_t *protos_json(const struct protos *protos);

#endif
