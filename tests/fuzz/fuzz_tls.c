/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a stream that may begin with a ClientHello. Besides being read within bounds: what
 * the first record says is what all records say, and more bytes never turn a no into a yes.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "classifiers/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_prefix(
	const uint8_t *data, uint32_t len, enum tls_records records, enum finding whole)
{
	static uint8_t scratch[TLS_HELLO_BYTES];
	struct tls_client_hello hello;
	uint8_t *copy = malloc(len); /* its exact size, so that a read beyond is seen */
	enum finding part;

	if (len)
		memcpy(copy, data, len);
	part = tls_client_hello_parse((struct span){copy, len}, records, scratch, &hello);
	assert(part == FINDING_NOT_YET || part == whole);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t scratch[TLS_HELLO_BYTES];
	struct span stream = {data, (uint32_t)size};
	struct tls_client_hello one, all;
	enum finding in_first = tls_client_hello_parse(stream, TLS_RECORDS_FIRST, NULL, &one);
	enum finding in_all = tls_client_hello_parse(stream, TLS_RECORDS_ALL, scratch, &all);

	if (in_first == FINDING_IS) {
		assert(in_all == FINDING_IS && tls_is_record(stream));
		assert(one.sni.data == all.sni.data && one.sni.len == all.sni.len);
		assert(one.sni.len == 0 ||
			(one.sni.data > data && one.sni.data + one.sni.len <= data + size));
	}
	for (uint32_t cut = 1; cut <= size; cut *= 2) {
		check_prefix(data, (uint32_t)size - cut, TLS_RECORDS_FIRST, in_first);
		check_prefix(data, (uint32_t)size - cut, TLS_RECORDS_ALL, in_all);
	}
	return 0;
}
