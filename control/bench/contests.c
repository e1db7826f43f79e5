/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/bench/contest.h"

#include <stddef.h>

const struct contest *const contests[] = {
	&contest_pipeline,
	&contest_flow_lookup,
	&contest_flow_insert,
	&contest_bucket_error,
	&contest_bucket_cost,
	&contest_hold,
	&contest_classifier,
	NULL,
};
