/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a flow and direction, or of one burst of it, and why. */
#ifndef SLUICE_MEASURE_JUDGEMENT_H
#define SLUICE_MEASURE_JUDGEMENT_H

#include <stdint.h>

/* In order of weight: a flow is called by the heaviest of its bursts. */
#define VERDICTS(X)                     \
	X(INSUFFICIENT, "insufficient") \
	X(CLEAN, "clean")               \
	X(LOSSY, "lossy")               \
	X(CONGESTED, "congested")       \
	X(SHAPED, "shaped")             \
	X(POLICED, "policed")           \
	X(DELAYED, "delayed-policing")  \
	X(ACK_DROPPED, "ack-dropped")   \
	X(FROZEN, "frozen")

enum measured {
#define X(name, word) MEASURED_##name,
	VERDICTS(X)
#undef X
		MEASURED_COUNT,
};

/* Why: a code, and what it means. */
#define REASONS(X)                                                                                 \
	X(TOO_FEW_PACKETS, "too-few-packets")                                                      \
	X(NO_ACKS, "no-acknowledgements")   /* not TCP, or one direction only */                   \
	X(TOO_FEW_LOSSES, "too-few-losses") /* for a verdict about them */                         \
	X(NO_LOSS, "no-loss-no-queue")                                                             \
	X(NO_PATTERN, "losses-without-pattern")       /* no bucket explains them */                \
	X(QUEUE_OR_BUCKET, "queue-too-short-to-tell") /* from a bucket: both explain the losses */ \
	X(FULL_QUEUE, "losses-at-full-queue")                                                      \
	X(VARYING_RATE, "queue-without-constant-rate")                                             \
	X(CONSTANT_RATE, "constant-rate-behind-queue")                                             \
	X(BUCKET, "bucket-explains-losses")                                                        \
	X(SMALL_BUCKET, "bucket-too-small") /* likewise, but the rate hardly shows */              \
	X(SHARED_BUCKET, "bucket-shared-with-others")                                              \
	X(KNEE, "bucket-begins-at-a-volume")                                                       \
	X(SILENCE, "nothing-answered-after-a-point")                                               \
	X(ACKED_AGAIN, "acknowledged-data-sent-again")                                             \
	/* of the published detector */                                                            \
	X(PD_POLICED, "pd-all-conditions-hold")                                                    \
	X(PD_LATE_LOSS, "pd-late-loss")                                                            \
	X(PD_NEGATIVE_FILL, "pd-negative-fill")                                                    \
	X(PD_FEW_LOSSES, "pd-too-few-losses")                                                      \
	X(PD_FEW_SLICES, "pd-too-few-slices")                                                      \
	X(PD_LEVELS, "pd-losses-not-at-lower-levels")                                              \
	X(PD_LOSS_RANGE, "pd-losses-out-of-range")                                                 \
	X(PD_PASS_RANGE, "pd-passes-out-of-range")                                                 \
	X(PD_INFLATED, "pd-inflated-round-trips")

enum why {
#define X(name, word) WHY_##name,
	REASONS(X)
#undef X
		WHY_COUNT,
};

extern const char *const measured_words[MEASURED_COUNT];
extern const char *const measured_whys[WHY_COUNT];

enum layer { LAYER_UNKNOWN, LAYER_L2, LAYER_L3, LAYER_PAYLOAD };
extern const char *const layer_words[];

struct judgement {
	enum measured verdict;
	enum why why;
	enum layer layer;
	double rate_bps, rate_low, rate_high;      /* of the layer; 0 not known */
	double burst_bytes, burst_low, burst_high; /* likewise */
	double explained; /* share of what chance leaves unexplained; 0 none */
	uint64_t begin_ns, end_ns;
	uint32_t packets, losses;
	uint64_t threshold_packets, threshold_bytes; /* of a freeze or a knee; 0 none */
};

#endif
