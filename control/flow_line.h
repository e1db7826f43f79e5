/* SPDX-License-Identifier: BSD-3-Clause */
/* What lines of CSV, and others, say of a flow. No comma behind. */
#ifndef SLUICE_FLOW_LINE_H
#define SLUICE_FLOW_LINE_H

#include "control/csv_line.h"

#include "dataplane/pipeline.h"

void flow_put_proto(struct csv_line *line, uint8_t proto); /* "tcp", "47" */
void flow_put_address(struct csv_line *line, const uint8_t *address, uint8_t ip_version);

/* "TLS.YouTube", "DNS", "Unknown" */
void flow_put_class(
	struct csv_line *line, const struct pipeline *pipeline, uint16_t master, uint16_t app);

/* What does not print, and the backslash, as \xNN: at most 4 characters a byte. */
void flow_put_name(struct csv_line *line, const uint8_t *name, size_t length);

/* The same for CSV: quoted when it holds a comma or a quote (RFC 4180). */
void flow_put_name_csv(struct csv_line *line, const uint8_t *name, size_t length);

#endif
