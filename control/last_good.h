/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last rules that a node was given and found good, on its own disk, to start with when Redis is
 * not there. A file DIR/LAB-NODE.rules:
 *
 *   sluice-rules 1
 *   version N
 *   sha256 HEX         of the document
 *
 *   the document
 *   end HEX            SHA-256 of all before "end"
 *
 * It is exchanged whole: a temporary file, fsync, rename, fsync of the folder.
 */
#ifndef SLUICE_LAST_GOOD_H
#define SLUICE_LAST_GOOD_H

#include "ruleset_store.h"

#include <limits.h>

/* DIR/LAB-NODE.rules */
void last_good_path(char path[PATH_MAX], const char *folder, const char *lab, const char *node);

/* Fills version, digest and document; version 0 when there is no such file. False with *failure
 * set when it cannot be read or is not whole. */
bool last_good_read(const char *path, struct stored_ruleset *stored, struct failure *failure);

/* Makes the folder when it is not there. False with *failure set; then the file is as it was. */
bool last_good_write(
	const char *path, const struct stored_ruleset *stored, struct failure *failure);

#endif
