/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A live box's numbers on their way to those who want them: telemetry when it is asked, the series
 * of `run -o`, the summary at the end. The control thread takes a reading every tick and whenever
 * somebody waits for one.
 */
#ifndef SLUICE_READINGS_H
#define SLUICE_READINGS_H

#include "failure.h"

#include "dataplane/io/snapshot.h"

struct readings {
	struct box *box;
	struct snapshot first, last;
};

/* After box_new(); begins telemetry. False with *failure set. */
bool readings_begin(struct readings *readings, struct box *box, const char *lab,
	const struct ruleset *ruleset, const char *const *ports, unsigned port_count,
	struct failure *failure);

/* Readable when somebody waits for a reading. */
int readings_fd(void);

/* Reads the box and hands the numbers on. False when memory is gone: `last` stays. */
bool readings_take(struct readings *readings);

/* After box_swap(), before the old ruleset is freed. */
void readings_rename(struct readings *readings, const struct ruleset *ruleset);

/* Before box_free(). Also of a zeroed one. */
void readings_end(struct readings *readings);

#endif
