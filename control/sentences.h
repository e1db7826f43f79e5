/* SPDX-License-Identifier: BSD-3-Clause */
/* What each key of `when` says of a flow in words, up to its values. */
#ifndef SLUICE_SENTENCES_H
#define SLUICE_SENTENCES_H

struct sentence {
	const char *key;
	const char *words;
};

extern const struct sentence sentences[]; /* ends with a NULL key */

#endif
