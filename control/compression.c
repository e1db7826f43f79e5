/* SPDX-License-Identifier: BSD-3-Clause */
#include "compression.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

const char *compression_tool(int fd)
{
	static const struct {
		const char *magic, *tool;
	} kinds[] = {{"\x1f\x8b", "gzip"},
		{"\xfd"
		 "7zXZ",
			"xz"},
		{"\x28\xb5\x2f\xfd", "zstd"}, {"BZh", "bzip2"}};
	char begin[8] = "";

	if (pread(fd, begin, sizeof(begin) - 1, 0) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strncmp(begin, kinds[i].magic, strlen(kinds[i].magic)))
			return kinds[i].tool;
	}
	return NULL;
}
