/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An output folder that appears whole or not at all: everything is written into a temporary
 * folder beside it, flushed to disk, and renamed.
 */
#ifndef SLUICE_FOLDER_H
#define SLUICE_FOLDER_H

#include "failure.h"

#include <stdbool.h>
#include <stdio.h>

struct folder;

/*
 * Begins an output folder at `path`. Fails (EXIT_BAD_INPUT) when path exists and force is not
 * given, or exists and is not a folder that sluice wrote (a run.json that names sluice, or an
 * empty folder) even with force; EXIT_REFUSED when the system does. Removes the temporary folder
 * on exit, on SIGINT and on SIGTERM.
 */
struct folder *folder_begin(const char *path, bool force, struct failure *failure);

/* Path of a file inside the temporary folder; valid until the next call. */
const char *folder_path(struct folder *folder, const char *name);

/* Opens a file for writing with a large buffer. */
FILE *folder_open(struct folder *folder, const char *name, struct failure *failure);

/* Closes a file of folder_open; false when anything could not be written. */
bool folder_close_file(FILE *file, const char *name, struct failure *failure);

/* Makes the folder visible: fsync of the files and the folder, rename (an older result of ours
 * is exchanged and removed), fsync of the parent. Frees the folder either way. */
bool folder_commit(struct folder *folder, struct failure *failure);

/* Removes the temporary folder. Frees. NULL is fine. */
void folder_abandon(struct folder *folder);

#endif
