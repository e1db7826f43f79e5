/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/judgement.h"

const char *const measured_words[MEASURED_COUNT] = {
#define X(name, word) [MEASURED_##name] = word,
	VERDICTS(X)
#undef X
};

const char *const measured_whys[WHY_COUNT] = {
#define X(name, word) [WHY_##name] = word,
	REASONS(X)
#undef X
};

const char *const layer_words[] = {
	[LAYER_UNKNOWN] = "unknown",
	[LAYER_L2] = "l2",
	[LAYER_L3] = "l3",
	[LAYER_PAYLOAD] = "payload",
};
