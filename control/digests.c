/* SPDX-License-Identifier: BSD-3-Clause */
#include "digests.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Waking a thread costs as much as digesting some kB: who waits is woken when it has much to do. */
enum { QUEUED = 32, QUEUED_HALF = QUEUED / 2 };

struct passed {
	size_t input;
	struct piece *piece;
	size_t from;
};

struct digests {
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t work, room;
	uint64_t passed, done; /* pieces since the start; a piece's place is its number % QUEUED */
	bool hurry;            /* the thread does not wait for more */
	bool stop;
	bool forgone; /* the reader's */
	struct passed queue[QUEUED];
	size_t count;
	EVP_MD_CTX *contexts[]; /* the thread's */
};

static void update(struct digests *digests, const struct passed *passed)
{
	const struct piece *piece = passed->piece;

	EVP_DigestUpdate(digests->contexts[passed->input], piece->bytes + passed->from,
		piece->len - passed->from);
	piece_drop(passed->piece);
}

static void *digest_pieces(void *argument)
{
	struct digests *digests = argument;

	pthread_setname_np(pthread_self(), "sluice digest");
	pthread_mutex_lock(&digests->lock);
	while (true) {
		if (!digests->stop && digests->done == digests->passed) {
			pthread_cond_wait(&digests->work, &digests->lock);
			continue;
		}
		if (digests->stop)
			break;
		pthread_mutex_unlock(&digests->lock);
		update(digests, &digests->queue[digests->done % QUEUED]);
		pthread_mutex_lock(&digests->lock);
		digests->done++;
		if (digests->passed - digests->done == (digests->hurry ? 0 : QUEUED_HALF))
			pthread_cond_signal(&digests->room);
	}
	pthread_mutex_unlock(&digests->lock);
	return NULL;
}

struct digests *digests_new(size_t count)
{
	struct digests *digests = calloc(1, sizeof(*digests) + count * sizeof(EVP_MD_CTX *));

	if (!digests)
		abort();
	digests->count = count;
	for (size_t i = 0; i < count; i++) {
		digests->contexts[i] = EVP_MD_CTX_new();
		if (!digests->contexts[i] ||
			!EVP_DigestInit_ex(digests->contexts[i], EVP_sha256(), NULL))
			abort();
	}
	pthread_mutex_init(&digests->lock, NULL);
	pthread_cond_init(&digests->work, NULL);
	pthread_cond_init(&digests->room, NULL);
	/* Without a thread the reader digests. */
	digests->running = !pthread_create(&digests->thread, NULL, digest_pieces, digests);
	return digests;
}

void digests_pass(struct digests *digests, size_t i, struct piece *piece, size_t from)
{
	struct passed passed = {i, piece, from};

	if (digests->forgone)
		return;
	piece_hold(piece);
	if (!digests->running) {
		update(digests, &passed);
		return;
	}
	pthread_mutex_lock(&digests->lock);
	digests->hurry = false;
	while (digests->passed - digests->done == QUEUED)
		pthread_cond_wait(&digests->room, &digests->lock);
	digests->queue[digests->passed++ % QUEUED] = passed;
	if (digests->passed - digests->done >= QUEUED_HALF)
		pthread_cond_signal(&digests->work);
	pthread_mutex_unlock(&digests->lock);
}

/* Waits until nothing is on its way any more. */
static void finish(struct digests *digests)
{
	pthread_mutex_lock(&digests->lock);
	digests->hurry = true;
	pthread_cond_signal(&digests->work);
	while (digests->passed != digests->done)
		pthread_cond_wait(&digests->room, &digests->lock);
	pthread_mutex_unlock(&digests->lock);
}

void digests_result(struct digests *digests, size_t i, char hex[65])
{
	EVP_MD_CTX *last = EVP_MD_CTX_new(); /* a copy, so that it can be asked again */
	uint8_t sha256[32];

	finish(digests);
	if (!last || !EVP_MD_CTX_copy_ex(last, digests->contexts[i]))
		abort();
	EVP_DigestFinal_ex(last, sha256, NULL);
	EVP_MD_CTX_free(last);
	for (size_t byte = 0; byte < sizeof(sha256); byte++)
		snprintf(hex + 2 * byte, 3, "%02x", sha256[byte]);
}

void digests_forgo(struct digests *digests)
{
	digests->forgone = true;
}

void digests_free(struct digests *digests)
{
	if (!digests)
		return;
	pthread_mutex_lock(&digests->lock);
	digests->stop = true;
	pthread_cond_broadcast(&digests->work);
	pthread_mutex_unlock(&digests->lock);
	if (digests->running)
		pthread_join(digests->thread, NULL);
	for (; digests->done < digests->passed; digests->done++)
		piece_drop(digests->queue[digests->done % QUEUED].piece);
	for (size_t i = 0; i < digests->count; i++)
		EVP_MD_CTX_free(digests->contexts[i]);
	pthread_mutex_destroy(&digests->lock);
	pthread_cond_destroy(&digests->work);
	pthread_cond_destroy(&digests->room);
	free(digests);
}
