/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as the beginning of a stream: what a beginning of them is found to be, they are.
 */
#include <assert.h>
#include <stddef.h>

#include "classifiers/ssh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ssh_banner banner;
	enum finding whole = ssh_banner_parse((struct span){data, (uint32_t)size}, &banner);

	for (uint32_t len = 1; len < size; len++) {
		enum finding part = ssh_banner_parse((struct span){data, len}, &banner);

		assert(part == FINDING_NOT_YET || part == whole);
		assert(banner.software.len <= len);
	}
	return 0;
}
