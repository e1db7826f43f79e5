/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a DNS message, and with their length before them as a stream: both say the same, and
 * a name fits its room.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_question question, again;
	uint8_t *stream;
	enum finding finding;

	if (size < 12 || size > UINT16_MAX)
		return 0;
	finding = dns_message_parse((struct span){data, (uint32_t)size}, &question);
	assert(finding != FINDING_NOT_YET);
	assert(question.name_bytes < DNS_NAME_BYTES);
	stream = malloc(size + 2);
	stream[0] = (uint8_t)(size >> 8);
	stream[1] = (uint8_t)size;
	memcpy(stream + 2, data, size);
	assert(dns_stream_parse((struct span){stream, (uint32_t)size + 2}, &again) == finding);
	if (finding == FINDING_IS) {
		assert(again.name_bytes == question.name_bytes && again.type == question.type);
		assert(!memcmp(again.name, question.name, question.name_bytes));
	}
	free(stream);
	return 0;
}
