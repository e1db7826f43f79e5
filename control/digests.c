/* SPDX-License-Identifier: BSD-3-Clause */
#include "digests.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 * 1024, PIECES = 8 };

/* Some bytes on their way from the reader to the thread. */
struct piece {
	size_t input;
	size_t len;
	uint8_t bytes[PIECE_BYTES];
};

struct digest {
	EVP_MD_CTX *context; /* the thread's */
	uint64_t bytes;      /* passed so far; the reader's */
};

struct digests {
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint64_t passed, done; /* pieces since the start; a piece's place is its number % PIECES */
	bool stop;
	struct piece *pieces;
	size_t count;
	struct digest digest[];
};

static void update(struct digests *digests, const struct piece *piece)
{
	EVP_DigestUpdate(digests->digest[piece->input].context, piece->bytes, piece->len);
}

static void *digest_pieces(void *argument)
{
	struct digests *digests = argument;

	pthread_setname_np(pthread_self(), "sluice digest");
	pthread_mutex_lock(&digests->lock);
	while (true) {
		while (!digests->stop && digests->done == digests->passed)
			pthread_cond_wait(&digests->moved, &digests->lock);
		if (digests->stop)
			break;
		pthread_mutex_unlock(&digests->lock);
		update(digests, &digests->pieces[digests->done % PIECES]);
		pthread_mutex_lock(&digests->lock);
		digests->done++;
		pthread_cond_broadcast(&digests->moved);
	}
	pthread_mutex_unlock(&digests->lock);
	return NULL;
}

struct digests *digests_new(size_t count)
{
	struct digests *digests = calloc(1, sizeof(*digests) + count * sizeof(struct digest));

	if (!digests)
		abort();
	digests->count = count;
	digests->pieces = malloc(PIECES * sizeof(struct piece));
	if (!digests->pieces)
		abort();
	for (size_t i = 0; i < count; i++) {
		struct digest *digest = &digests->digest[i];

		digest->context = EVP_MD_CTX_new();
		if (!digest->context || !EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL))
			abort();
	}
	pthread_mutex_init(&digests->lock, NULL);
	pthread_cond_init(&digests->moved, NULL);
	/* Without a thread the reader digests. */
	digests->running = !pthread_create(&digests->thread, NULL, digest_pieces, digests);
	return digests;
}

/* Waits until no more than `left` pieces are on their way. */
static void wait_for(struct digests *digests, uint64_t left)
{
	pthread_mutex_lock(&digests->lock);
	while (digests->passed - digests->done > left)
		pthread_cond_wait(&digests->moved, &digests->lock);
	pthread_mutex_unlock(&digests->lock);
}

/* The place of the next piece is free: hands it on. */
static void hand_on(struct digests *digests)
{
	if (!digests->running) {
		update(digests, &digests->pieces[digests->passed % PIECES]);
		digests->done++;
	}
	pthread_mutex_lock(&digests->lock);
	digests->passed++;
	pthread_cond_broadcast(&digests->moved);
	pthread_mutex_unlock(&digests->lock);
}

void digests_pass(struct digests *digests, size_t i, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;

	digests->digest[i].bytes += len;
	while (len) {
		struct piece *piece = &digests->pieces[digests->passed % PIECES];

		wait_for(digests, PIECES - 1);
		piece->input = i;
		piece->len = len < PIECE_BYTES ? len : PIECE_BYTES;
		memcpy(piece->bytes, from, piece->len);
		from += piece->len;
		len -= piece->len;
		hand_on(digests);
	}
}

static int read_on(struct digests *digests, size_t i, int fd)
{
	uint8_t *bytes = malloc(PIECE_BYTES);
	ssize_t got = 1;
	int error = 0;

	if (!bytes)
		abort();
	while (got > 0 || (got < 0 && error == EINTR)) {
		got = read(fd, bytes, PIECE_BYTES);
		error = got < 0 ? errno : 0;
		if (got > 0)
			digests_pass(digests, i, bytes, (size_t)got);
	}
	free(bytes);
	return error;
}

int digests_result(struct digests *digests, size_t i, int fd, char hex[65], uint64_t *bytes)
{
	int error = read_on(digests, i, fd);
	EVP_MD_CTX *last = EVP_MD_CTX_new(); /* a copy, so that it can be asked again */
	uint8_t sha256[32];

	wait_for(digests, 0);
	if (!last || !EVP_MD_CTX_copy_ex(last, digests->digest[i].context))
		abort();
	EVP_DigestFinal_ex(last, sha256, NULL);
	EVP_MD_CTX_free(last);
	for (size_t byte = 0; byte < sizeof(sha256); byte++)
		snprintf(hex + 2 * byte, 3, "%02x", sha256[byte]);
	*bytes = digests->digest[i].bytes;
	return error;
}

void digests_free(struct digests *digests)
{
	if (!digests)
		return;
	pthread_mutex_lock(&digests->lock);
	digests->stop = true;
	pthread_cond_broadcast(&digests->moved);
	pthread_mutex_unlock(&digests->lock);
	if (digests->running)
		pthread_join(digests->thread, NULL);
	for (size_t i = 0; i < digests->count; i++)
		EVP_MD_CTX_free(digests->digest[i].context);
	pthread_mutex_destroy(&digests->lock);
	pthread_cond_destroy(&digests->moved);
	free(digests->pieces);
	free(digests);
}
