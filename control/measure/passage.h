/* SPDX-License-Identifier: BSD-3-Clause */
/* All packets of captures on their way to the connections they belong to. */
#ifndef SLUICE_MEASURE_PASSAGE_H
#define SLUICE_MEASURE_PASSAGE_H

#include "control/failure.h"
#include "control/measure/connections.h"
#include "control/options.h"
#include "control/warnings.h"

enum { PASSAGE_CONNECTIONS = 1 << 18 }; /* most that live at a time */

struct passage_listener {
	struct connections_listener connections;
	void (*time)(void *context, uint64_t now_ns); /* before each packet; NULL: nobody asks */
};

struct passage_totals {
	uint64_t packets, other; /* other: neither TCP nor UDP, fragments, broken */
};

/* Reads `captures` from begin to end; ended() has been called for all connections then. Warns of
 * what a capture does not hold. `what` is for the progress line. */
bool passage_run(const struct option_list *captures, const char *what,
	const struct passage_listener *listener, struct passage_totals *totals,
	struct warnings *warnings, struct failure *failure);

void passage_print_warnings(const struct warnings *warnings); /* on standard error */

#endif
