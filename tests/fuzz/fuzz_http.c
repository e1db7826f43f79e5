/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a stream that may begin with an HTTP/1 request. The host lies within the bytes, and
 * more bytes never change an answer that was given.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span stream = {data, (uint32_t)size};
	struct http_request request, part;
	enum finding whole = http_request_parse(stream, &request);
	enum finding found;
	uint8_t *copy;

	assert(size == 0 || http_is_request(stream) || whole == FINDING_IS_NOT);
	if (whole == FINDING_IS && request.host.len)
		assert(request.host.data > data &&
			request.host.data + request.host.len <= data + size);
	for (size_t cut = 1; cut <= size; cut *= 2) {
		copy = malloc(size - cut); /* its exact size, so that a read beyond is seen */
		memcpy(copy, data, size - cut);
		found = http_request_parse((struct span){copy, (uint32_t)(size - cut)}, &part);
		assert(found == FINDING_NOT_YET || found == whole);
		assert(found != FINDING_IS || part.host.len == request.host.len);
		free(copy);
	}
	return 0;
}
