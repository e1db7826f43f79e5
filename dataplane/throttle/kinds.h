/* SPDX-License-Identifier: BSD-3-Clause */
/* The primitives, one file each; kinds.c puts them in order. */
#ifndef SLUICE_KINDS_H
#define SLUICE_KINDS_H

#include "dataplane/throttle/throttle.h"

extern const struct throttle_kind throttle_police;
extern const struct throttle_kind throttle_shape;
extern const struct throttle_kind throttle_delay;
extern const struct throttle_kind throttle_loss;
extern const struct throttle_kind throttle_drop;
extern const struct throttle_kind throttle_freeze;
extern const struct throttle_kind throttle_rst;
extern const struct throttle_kind throttle_rewrite;

#endif
