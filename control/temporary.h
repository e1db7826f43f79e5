/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Folders that must not outlive the program: removed when it exits and on SIGINT, SIGTERM and
 * SIGHUP (unless the signal was ignored from the start, as under nohup).
 *
 * A signal handler can reach nothing but a global, so this is the one place that has one. Only the
 * main thread calls these functions.
 */
#ifndef SLUICE_TEMPORARY_H
#define SLUICE_TEMPORARY_H

#include <stdbool.h>

enum { TEMPORARY_MAX = 8 };

/* mkdtemp(path), whose last component is looked up in the folder `parent`, an open descriptor that
 * outlives the temporary folder. A number to release it by; -1 with errno set (EMFILE when
 * TEMPORARY_MAX exist). A child of fork() leaves its parent's folders alone. */
int temporary_make(char *path, int parent);

/* It is no longer removed: it has been renamed, or temporary_remove was called. */
void temporary_release(int number);

/* Removes the folder `name` in `parent` and the files in it, but no folders below. False with
 * errno set when something is left. Safe in a signal handler. */
bool temporary_remove(int parent, const char *name);

#endif
