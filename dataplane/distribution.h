/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random bits to random amounts, in integer arithmetic alone: the same on every machine. `draw` are
 * 64 bits of prng.h. What falls outside [low, high] becomes the nearer bound (it is not drawn
 * again), so the bounds hold what is beyond them.
 */
#ifndef SLUICE_DISTRIBUTION_H
#define SLUICE_DISTRIBUTION_H

#include <stdint.h>

/* Each of low to high, both included; none is more likely than another by more than (high - low) /
 * 2^64. */
uint64_t distribution_uniform(uint64_t draw, uint64_t low, uint64_t high);

/* Standard normal, in 2^-32; within 2^-27 of the exact transform (Box and Muller 1958) of the two
 * draws, which ends at +-9.5. */
int64_t distribution_normal(uint64_t draw, uint64_t another);

/* Chance x to exceed `scale` by the factor f is f^-alpha; alpha in 1e-9, from 0.01. Within one unit
 * and 1e-15 / alpha of the exact inverse of the draw. scale and high are at most 2^42. */
uint64_t distribution_pareto(uint64_t draw, uint64_t scale, uint64_t alpha, uint64_t high);

#endif
