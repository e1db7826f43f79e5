/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An output folder that appears whole or not at all: everything is written into a temporary
 * folder beside it (".NAME.XXXXXX"), flushed to disk, and renamed.
 *
 * Every file is flushed, the large ones too: without that a machine that loses power soon after
 * can show the folder with files cut short. The disk is set to work when a file is closed, so that
 * little is left to wait for at the end.
 *
 * The temporary folder is removed when the program exits and on SIGINT, SIGTERM and SIGHUP (where
 * they are not ignored). SIGKILL and power loss leave it, under a name that says what it is.
 */
#ifndef SLUICE_FOLDER_H
#define SLUICE_FOLDER_H

#include "failure.h"

#include <stdbool.h>
#include <stdio.h>

struct folder;

/*
 * Begins an output folder at `path`, whose parent must exist. EXIT_BAD_INPUT when there is
 * something at `path` already, unless `force` is given and it is a folder that may be replaced:
 * an empty one, or a result (its run.json is a JSON object with the key "sluice") with nothing in
 * it but the files of a result. Never replaced are files, symbolic links, mount points, ".", ".."
 * and "/". EXIT_REFUSED when the system does.
 */
struct folder *folder_begin(const char *path, bool force, struct failure *failure);

/* Path of a file inside the temporary folder; valid until the next call. `name` has no '/'. */
const char *folder_path(struct folder *folder, const char *name);

/* Opens a file for writing with a large buffer, which belongs to the folder: close the file before
 * folder_commit or folder_abandon. At most FOLDER_FILES_MAX. */
enum { FOLDER_FILES_MAX = 32 };
FILE *folder_open(struct folder *folder, const char *name, struct failure *failure);

/* Closes a file of folder_open (NULL is fine); false when anything could not be written. */
bool folder_close_file(FILE *file, const char *name, struct failure *failure);

/* Makes the folder visible: fsync of the files and the folder, rename (what may be replaced is
 * looked at once more, exchanged and removed), fsync of the parent. Frees the folder either way;
 * when it fails before the rename nothing has changed. */
bool folder_commit(struct folder *folder, struct failure *failure);

/* Removes the temporary folder. Frees. NULL is fine. */
void folder_abandon(struct folder *folder);

#endif
