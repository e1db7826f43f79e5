/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters of a throttle kind, set by their words as the model language sets them. */
#ifndef SLUICE_THROTTLE_PARAMS_H
#define SLUICE_THROTTLE_PARAMS_H

#include <assert.h>
#include <string.h>

#include "dataplane/throttle/throttle.h"

union throttle_params {
	uint8_t bytes[THROTTLE_PARAMS_BYTES];
	uint64_t aligned;
};

static inline void params_default(const struct throttle_kind *kind, union throttle_params *params)
{
	memset(params, 0, sizeof(*params));
	kind->defaults(params);
}

static inline void params_set(const struct throttle_kind *kind, union throttle_params *params,
	const char *word, const void *value, size_t size)
{
	const struct throttle_param *param = kind->params;

	while (param->word && strcmp(param->word, word) != 0)
		param++;
	assert(param->word && param->offset + size <= sizeof(*params));
	memcpy(params->bytes + param->offset, value, size);
}

static inline void params_number(const struct throttle_kind *kind, union throttle_params *params,
	const char *word, uint64_t value)
{
	params_set(kind, params, word, &value, sizeof(value));
}

static inline void params_choice(const struct throttle_kind *kind, union throttle_params *params,
	const char *word, uint8_t value)
{
	params_set(kind, params, word, &value, sizeof(value));
}

/* True when the packet goes on, at once. */
static inline bool params_pass(const struct throttle_kind *kind,
	const union throttle_params *params, void *state, const struct throttle_input *packet)
{
	uint64_t leaves_ns = packet->now_ns;

	return kind->apply(params, state, packet, &leaves_ns) == DROP_NONE &&
	       leaves_ns == packet->now_ns;
}

#endif
