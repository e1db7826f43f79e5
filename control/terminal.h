/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The terminal that this process was started in, while a command has all of its screen: keys come
 * one by one and unseen. One at a time; SIGTERM and SIGHUP are keys, too.
 */
#ifndef SLUICE_TERMINAL_H
#define SLUICE_TERMINAL_H

#include "failure.h"

#include <stdbool.h>

enum terminal_key { TERMINAL_NOTHING = -1, TERMINAL_END = 0 }; /* else the character */

/* False with *failure set: input or output is no terminal. */
bool terminal_begin(struct failure *failure);
void terminal_end(void); /* all is as before */

/* The next key within the time; TERMINAL_NOTHING also when the size has changed. */
int terminal_key(int within_ms);

/* At least 20 by 5, and 80 by 24 where the terminal does not know. */
void terminal_size(unsigned *width, unsigned *height);

/* Characters beyond ASCII can be shown. */
bool terminal_has_blocks(void);

#endif
