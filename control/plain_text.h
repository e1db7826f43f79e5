/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether bytes are text that a YAML parser can be trusted with: UTF-8 without control characters
 * and without YAML directives (%YAML, %TAG), which rule files do not need and on some of which
 * libfyaml 0.7.12 never returns.
 */
#ifndef SLUICE_PLAIN_TEXT_H
#define SLUICE_PLAIN_TEXT_H

#include "failure.h"

#include <stddef.h>

/* False with a failure at the first byte that is not allowed. */
bool plain_text_check(const char *file, const char *text, size_t len, struct failure *failure);

/* The length of the UTF-8 character (RFC 3629) that begins at text, 0 when there is none. */
size_t plain_text_character(const char *text, size_t len);

#endif
