/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/throttle/kinds.h"

const struct throttle_kind *const throttle_kinds[] = {
	&throttle_police,
	&throttle_drop,
	&throttle_freeze,
	NULL,
};

const char *const drop_words[DROP_COUNT] = {
#define X(name, word) [DROP_##name] = word,
	DROPS(X)
#undef X
};

const char *const count_layer_words[] = {"l2", "l3", "payload", NULL};
