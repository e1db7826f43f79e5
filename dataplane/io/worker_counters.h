/* SPDX-License-Identifier: BSD-3-Clause */
/* What one worker has done, in one table: telemetry, JSON and the printed form walk it. */
#ifndef SLUICE_WORKER_COUNTERS_H
#define SLUICE_WORKER_COUNTERS_H

#include <stdint.h>

/* Times in ticks of the time stamp counter. Cumulative, but for what is live or held now. */
#define WORKER_NUMBERS(X)                                                                      \
	X(polls)      /* loops */                                                              \
	X(busy_polls) /* those that had packets */                                             \
	X(all_ticks)                                                                           \
	X(busy_ticks)                                                                          \
	X(worst_loop_ticks)   /* but for the first loop, in which memory is touched first */   \
	X(worst_answer_ticks) /* given to the control thread between two loops: rules swapped, \
				 numbers copied */                                             \
	X(handed_over)        /* packets to another worker, by its ring */                     \
	X(taken_over)                                                                          \
	X(flows)      /* live now */                                                           \
	X(flows_most) /* at most so far */                                                     \
	X(flow_limit)                                                                          \
	X(held) /* packets, now */                                                             \
	X(held_most)                                                                           \
	X(hold_limit)

enum { BURST_SIZES = 6 };

struct worker_counters {
#define X(name) uint64_t name;
	WORKER_NUMBERS(X)
#undef X
	uint64_t bursts[BURST_SIZES]; /* of 1, 2-4, 5-8, 9-16, 17-31, 32 packets */
};

extern const char *const burst_words[BURST_SIZES]; /* "bursts_2_4" */

#endif
