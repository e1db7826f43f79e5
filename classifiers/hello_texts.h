/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What of a ClientHello conditions ask for as a text, as they ask for names: its version, its key
 * shares, its fingerprints.
 */
#ifndef SLUICE_HELLO_TEXTS_H
#define SLUICE_HELLO_TEXTS_H

#include "inspection.h"

/* Sources of texts beside names; both as bits (1 << source). */
enum hello_source {
	HELLO_VERSION = NAME_SOURCES + 1, /* the highest offered: "1.3" */
	HELLO_ECH,                        /* "none", "outer", "inner", "malformed" */
	HELLO_JA3,
	HELLO_JA4,
	HELLO_KEY_SHARE, /* a text a share, "none" without */
	HELLO_ALPN,      /* a text a protocol offered, "none" without */
	TEXT_SOURCES,
};

enum { HELLO_SOURCES = ((1 << TEXT_SOURCES) - 1) & ~((1 << HELLO_VERSION) - 1) };

struct hello_word {
	uint16_t value;
	const char *word;
};

/* What has no word is "0x" and four digits. They end with a NULL word. */
extern const struct hello_word hello_versions[];
extern const struct hello_word hello_groups[];
extern const struct hello_word hello_ech_words[]; /* by enum tls_ech */

enum { HELLO_TEXTS_BYTES = 255 };

struct hello_texts {
	uint32_t used;
	uint8_t bytes[HELLO_TEXTS_BYTES]; /* source, length, text, and again */
};

/* `from`: enum name_source of the hello. `wanted`: bits of hello_source. What finds no room is left
 * out, which are the last of many shares or protocols. */
void hello_texts_of(const struct tls_client_hello *hello, uint8_t from, uint32_t wanted,
	struct hello_texts *texts);

/* Cuts the next text off `texts`, the used bytes. False at their end. */
bool hello_texts_next(struct span *texts, uint8_t *source, struct span *text);

/* The first text of a source; empty: none. */
struct span hello_texts_find(struct span texts, uint8_t source);

#endif
