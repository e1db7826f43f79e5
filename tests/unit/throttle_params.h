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

#endif
