/* SPDX-License-Identifier: BSD-3-Clause */
#include "digests.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK_BYTES = 256 * 1024 };

struct digest {
	EVP_MD_CTX *context;
	int fd;
	bool whole;
	bool finished;
	int error; /* errno */
	uint64_t bytes;
	uint8_t sha256[32];
};

struct digests {
	size_t count;
	pthread_t thread;
	bool running;
	atomic_bool stop; /* whoever frees: rw, thread: ro */
	/* While the thread runs, the whole files are its, the others are the caller's. */
	struct digest digest[];
};

struct digests *digests_new(size_t count)
{
	struct digests *digests = calloc(1, sizeof(*digests) + count * sizeof(struct digest));

	if (!digests)
		abort();
	digests->count = count;
	for (size_t i = 0; i < count; i++) {
		struct digest *digest = &digests->digest[i];

		digest->fd = -1;
		digest->context = EVP_MD_CTX_new();
		if (!digest->context || !EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL))
			abort();
	}
	return digests;
}

void digests_input(struct digests *digests, size_t i, int fd, bool whole)
{
	digests->digest[i].fd = fd;
	digests->digest[i].whole = whole;
}

static void add(struct digest *digest, const void *bytes, size_t len)
{
	EVP_DigestUpdate(digest->context, bytes, len);
	digest->bytes += len;
}

void digests_pass(struct digests *digests, size_t i, const void *bytes, size_t len)
{
	add(&digests->digest[i], bytes, len);
}

/* To the end of the file, from where the digest has come to. */
static void read_on(struct digest *digest, atomic_bool *stop)
{
	uint8_t *chunk = malloc(CHUNK_BYTES);

	if (!chunk)
		abort();
	while (!atomic_load(stop)) {
		ssize_t got = digest->whole
				      ? pread(digest->fd, chunk, CHUNK_BYTES, (off_t)digest->bytes)
				      : read(digest->fd, chunk, CHUNK_BYTES);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			digest->error = errno;
		if (got <= 0)
			break;
		add(digest, chunk, (size_t)got);
	}
	free(chunk);
	EVP_DigestFinal_ex(digest->context, digest->sha256, NULL);
	digest->finished = true;
}

static void *read_files(void *argument)
{
	struct digests *digests = argument;

	for (size_t i = 0; i < digests->count; i++)
		if (digests->digest[i].whole)
			read_on(&digests->digest[i], &digests->stop);
	return NULL;
}

/* Without a thread, digests_result does the work. */
void digests_start(struct digests *digests)
{
	digests->running = pthread_create(&digests->thread, NULL, read_files, digests) == 0;
}

static void join(struct digests *digests)
{
	if (digests->running)
		pthread_join(digests->thread, NULL);
	digests->running = false;
}

int digests_result(struct digests *digests, size_t i, char hex[65], uint64_t *bytes)
{
	struct digest *digest = &digests->digest[i];

	join(digests);
	if (!digest->finished)
		read_on(digest, &digests->stop);
	for (size_t byte = 0; byte < sizeof(digest->sha256); byte++)
		snprintf(hex + 2 * byte, 3, "%02x", digest->sha256[byte]);
	*bytes = digest->bytes;
	return digest->error;
}

void digests_free(struct digests *digests)
{
	if (!digests)
		return;
	atomic_store(&digests->stop, true);
	join(digests);
	for (size_t i = 0; i < digests->count; i++)
		EVP_MD_CTX_free(digests->digest[i].context);
	free(digests);
}
