/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The published policing detector: Flach et al., An Internet-Wide Analysis of Traffic Policing,
 * SIGCOMM 2016, section 3, with the thresholds of the authors' code. It estimates a rate between
 * the first and the last loss, fills a bucket at that rate, and asks whether packets are lost when
 * the bucket is empty and pass when it is not.
 */
#ifndef SLUICE_MEASURE_PD_H
#define SLUICE_MEASURE_PD_H

#include "control/measure/burst.h"
#include "control/measure/judgement.h"

/* Its parameters, by the names that --set takes. */
#define PD_PARAMETERS(X)                                                                          \
	X(late_loss, 2000000)  /* bytes: a first loss behind them proves nothing */               \
	X(negative_fill, 0.75) /* round trips at the rate, by which the line may start below 0 */ \
	X(slices, 3)           /* round trips with losses */                                      \
	X(losses, 15)                                                                             \
	X(passes, 15)                                                                             \
	X(loss_range, 2.0)       /* round trips at the rate, around the median loss */            \
	X(loss_outside, 0.10)    /* share of losses that may be farther off */                    \
	X(pass_range, 0.75)      /* round trips at the rate, below the median loss */             \
	X(pass_outside, 0.03)    /* share of passes that may be lower */                          \
	X(inflated, 0.20)        /* share of losses that may follow a long round trip */          \
	X(inflated_by, 1.3)      /* long: so many times the first decile, */                      \
	X(inflated_least_ms, 20) /* not shorter than this, and not below the median */            \
	X(cutoff, 2)             /* losses that the second try leaves out at either end */

struct pd_parameters {
#define X(name, value) double name;
	PD_PARAMETERS(X)
#undef X
};

struct pd_parameters pd_defaults(void);

/* "name=value"; false when there is no such parameter or the value is no number. */
bool pd_set(struct pd_parameters *parameters, const char *text);

/* Judges one burst. False when memory is gone. */
bool pd_judge(const struct pd_parameters *parameters, const struct journal *journal,
	const struct burst *burst, struct judgement *judgement);

#endif
