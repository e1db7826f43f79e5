/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pieces of an input as they were read, kept in memory while anybody looks at them: packets in
 * chunks point into them, and the digest is made from them. So bytes are moved once, from the
 * kernel.
 *
 * A piece is given back when its last holder drops it. How many there are is bounded by who holds
 * them; memory of those that came back is used again.
 */
#ifndef SLUICE_PIECES_H
#define SLUICE_PIECES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { PIECE_BYTES = 256 * 1024 };

struct piece {
	struct pieces *pieces;
	struct piece *next_free;
	atomic_uint holders;
	const void *held_for; /* of whoever reads: what it was last held for */
	size_t len;
	uint8_t bytes[PIECE_BYTES];
};

struct pieces;

/* Never NULL. All pieces must have been dropped before pieces_free. */
struct pieces *pieces_new(void);
void pieces_free(struct pieces *pieces);

/* An empty piece with one holder. Never NULL. Any thread. */
struct piece *piece_take(struct pieces *pieces);
void piece_hold(struct piece *piece);
void piece_drop(struct piece *piece); /* NULL: nothing happens */

#endif
