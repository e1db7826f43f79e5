/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fates_fields.h"

#define ADDS_UP(name, member)                                                              \
	{name, "past." name, offsetof(struct fates, member.packets)},                      \
	{                                                                                  \
		name "_bytes", "past." name "_bytes", offsetof(struct fates, member.bytes) \
	}

const struct fates_field fates_fields[FATES_FIELDS] = {ADDS_UP("received", received),
	ADDS_UP("forwarded", forwarded), {"held", NULL, offsetof(struct fates, held.packets)},
	{"held_bytes", NULL, offsetof(struct fates, held.bytes)},
#define X(drop, word)                                                  \
	{"dropped." word, "past.dropped." word,                        \
		offsetof(struct fates, dropped[DROP_##drop].packets)}, \
		{"dropped_bytes." word, "past.dropped_bytes." word,    \
			offsetof(struct fates, dropped[DROP_##drop].bytes)},
	DROPS(X)
#undef X
};

void fates_add(struct fates *sum, const struct fates *part)
{
	for (unsigned i = 0; i < FATES_FIELDS; i++)
		fates_add_number(sum, i, fates_number(part, i));
}

void fates_add_past(struct fates *sum, const struct fates *part)
{
	for (unsigned i = 0; i < FATES_FIELDS; i++) {
		if (fates_fields[i].past)
			fates_add_number(sum, i, fates_number(part, i));
	}
}
