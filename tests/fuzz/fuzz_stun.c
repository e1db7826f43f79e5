/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a datagram: a message of STUN ends where it ends, and is no ChannelData.
 */
#include <assert.h>
#include <stddef.h>

#include "classifiers/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span payload = {data, (uint32_t)size};
	bool channel = stun_is_channel_data(payload);
	struct stun_message message;

	if (stun_message_parse(payload, &message) != FINDING_IS)
		return 0;
	assert(!channel && message.method <= 0xfff && message.class <= STUN_ERROR);
	assert(message.attributes <= (size - 20) / 4);
	for (uint32_t len = 0; len < size; len++)
		assert(stun_message_parse((struct span){data, len}, &message) == FINDING_IS_NOT);
	return 0;
}
