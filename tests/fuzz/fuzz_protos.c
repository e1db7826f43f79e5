/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of a protos.txt: what is claimed lies within its bounds, and so does the place of what is
 * wrong. */
#include "control/protos_format.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_claim(void *context, const struct claim *claim, const char *name, size_t column)
{
	const size_t *len = context;

	assert(*name && strlen(name) <= PROTOS_NAME_MAX);
	assert(column >= 1 && column <= *len);
	if (claim->kind == CLAIM_HOST)
		assert(*claim->host && strlen(claim->host) <= PROTOS_HOST_MAX);
	if (claim->kind == CLAIM_TCP || claim->kind == CLAIM_UDP)
		assert(claim->first_port && claim->first_port <= claim->last_port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t column;

	if (protos_line((const char *)data, size, check_claim, &size, &column))
		assert(column >= 1 && column <= size + 1);
	return 0;
}
