/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/standing.h"

#include "control/redis_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { EXPIRES_MS = 5000 };

static const char *const status_words[] = {"applied", "rejected", "stale"};

static void add_facts(struct redis_words *words, const struct utsname *host)
{
	redis_words_add(words, "sluice", SLUICE_VERSION);
	redis_words_add(words, "host", host->nodename);
	redis_words_add(words, "kernel", host->release);
	redis_words_add(words, "machine", host->machine);
	redis_words_add_number(words, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
}

static void node_key(char key[STORE_KEY_SIZE], const struct standing *standing)
{
	snprintf(key, STORE_KEY_SIZE, "sluice:{%s}:node:%s", standing->lab, standing->node);
}

static bool put(const struct standing *standing, struct redis *redis, uint64_t now_ms,
	struct failure *failure)
{
	char key[STORE_KEY_SIZE], names[STORE_KEY_SIZE];
	struct redis_words words = {.count = 0};
	struct utsname host = {0};

	uname(&host);
	node_key(key, standing);
	store_key(names, standing->lab, "nodes");
	redis_words_add(&words, "HSET", key);
	redis_words_add_number(&words, "version", standing->version);
	redis_words_add(&words, "sha256", standing->sha256);
	redis_words_add(&words, "status", status_words[standing->status]);
	redis_words_add(&words, "error", standing->error);
	redis_words_add_number(&words, "in_force", standing->in_force);
	redis_words_add(&words, "in_force_sha256", standing->in_force_sha256);
	redis_words_add_number(&words, "epoch", standing->epoch);
	redis_words_add_number(&words, "heartbeat", now_ms);
	redis_words_add_number(&words, "publish_ms", standing->publish_ms);
	add_facts(&words, &host);
	return redis_put(redis, failure, "SADD %s %s", names, standing->node) &&
	       redis_words_put(&words, redis, failure) &&
	       redis_put(redis, failure, "PEXPIRE %s %d", key, (int)EXPIRES_MS);
}

bool standing_write(const struct standing *standing, struct redis *redis, uint64_t now_ms,
	struct failure *failure)
{
	bool good = put(standing, redis, now_ms, failure);

	for (int i = 0; i < 3 && !redis_is_broken(redis); i++) {
		struct redis_answer *answer = redis_take(redis, failure);

		good = answer && good;
		redis_forget(answer);
	}
	return good && !redis_is_broken(redis);
}

bool standing_leave(const struct standing *standing, struct redis *redis, struct failure *failure)
{
	struct redis_answer *answer;
	char key[STORE_KEY_SIZE];

	node_key(key, standing);
	answer = redis_ask(redis, failure, "DEL %s", key);
	redis_forget(answer);
	return answer != NULL;
}
