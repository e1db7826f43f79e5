/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The screen of `sluice top`, drawn from its rows (top_rows.h), and the keys that change it:
 *
 *   q, ^C  end          p, space  pause        j, k  next and previous rules
 *   o d x h n           rules sorted by offered, delivered, dropped, hits, name
 *   /                   shows only rules whose name has the text that follows, until Return; Escape
 *                       shows all again
 */
#ifndef SLUICE_TOP_VIEW_H
#define SLUICE_TOP_VIEW_H

#include "top_rows.h"

#include <stdio.h>

enum top_order { TOP_BY_OFFERED, TOP_BY_DELIVERED, TOP_BY_DROPPED, TOP_BY_HITS, TOP_BY_NAME };

struct top_view {
	const char *what;    /* "lab" or "box" */
	const char *trouble; /* why there is nothing new; "": there is */
	bool blocks, colour; /* what the terminal can do */
	unsigned width, height;
	enum top_order order;
	size_t skipped; /* rules */
	bool paused, typing;
	char filter[TOP_NAME];
};

/* False: it is over. */
bool top_view_key(struct top_view *view, int key);

/* At most `height` lines of at most `width` columns, for a terminal, in place of the last ones. */
void top_view_draw(const struct top_view *view, const struct top_rows *rows, FILE *out);

#endif
