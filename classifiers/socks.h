/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SOCKS greetings: version 4 and 4a (the original protocol memo), version 5 (RFC 1928 section 3).
 */
#ifndef SLUICE_SOCKS_H
#define SLUICE_SOCKS_H

#include "span.h"

#include <stdbool.h>

/* A whole greeting: version 5 with exactly its list of methods, or a version 4 CONNECT or BIND
 * that ends with its terminating zero. */
bool socks_is_greeting(struct span payload);

#endif
