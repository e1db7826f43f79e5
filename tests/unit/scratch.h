/* SPDX-License-Identifier: BSD-3-Clause */
/* Where tests put files: a name for mkstemp or mkdtemp under TMPDIR, else /tmp. */
#ifndef SLUICE_SCRATCH_H
#define SLUICE_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>

#define SCRATCH_BYTES 512

__attribute__((noinline, unused)) static void scratch_name(
	char path[SCRATCH_BYTES], const char *what)
{
	const char *parent = getenv("TMPDIR");

	snprintf(path, SCRATCH_BYTES, "%s/sluice-%s-XXXXXX", parent ? parent : "/tmp", what);
}

#endif
