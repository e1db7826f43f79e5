/* SPDX-License-Identifier: BSD-3-Clause */
#include "pieces.h"

#include <pthread.h>
#include <stdlib.h>

struct pieces {
	pthread_mutex_t lock;
	struct piece *free;
};

struct pieces *pieces_new(void)
{
	struct pieces *pieces = calloc(1, sizeof(*pieces));

	if (!pieces)
		abort();
	pthread_mutex_init(&pieces->lock, NULL);
	return pieces;
}

void pieces_free(struct pieces *pieces)
{
	struct piece *next;

	if (!pieces)
		return;
	for (struct piece *piece = pieces->free; piece; piece = next) {
		next = piece->next_free;
		free(piece);
	}
	pthread_mutex_destroy(&pieces->lock);
	free(pieces);
}

struct piece *piece_take(struct pieces *pieces)
{
	struct piece *piece;

	pthread_mutex_lock(&pieces->lock);
	piece = pieces->free;
	if (piece)
		pieces->free = piece->next_free;
	pthread_mutex_unlock(&pieces->lock);
	if (!piece)
		piece = malloc(sizeof(*piece));
	if (!piece)
		abort();
	piece->pieces = pieces;
	piece->held_for = NULL;
	piece->len = 0;
	atomic_init(&piece->holders, 1);
	return piece;
}

void piece_hold(struct piece *piece)
{
	atomic_fetch_add_explicit(&piece->holders, 1, memory_order_relaxed);
}

void piece_drop(struct piece *piece)
{
	struct pieces *pieces = piece ? piece->pieces : NULL;

	if (!piece || atomic_fetch_sub_explicit(&piece->holders, 1, memory_order_acq_rel) > 1)
		return;
	pthread_mutex_lock(&pieces->lock);
	piece->next_free = pieces->free;
	pieces->free = piece;
	pthread_mutex_unlock(&pieces->lock);
}
