/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/throttle/kinds.h"

const struct throttle_kind *const throttle_kinds[] = {
	&throttle_police,
	&throttle_shape,
	&throttle_delay,
	&throttle_loss,
	&throttle_drop,
	&throttle_freeze,
	&throttle_rst,
	&throttle_rewrite,
	NULL,
};

const char *const drop_words[DROP_COUNT] = {
#define X(name, word) [DROP_##name] = word,
	DROPS(X)
#undef X
};

const char *const count_layer_words[] = {"l2", "l3", "payload", NULL};

const uint64_t count_layer_full[COUNT_LAYERS] = {1518, 1500, 1460};
