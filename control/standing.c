/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/standing.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { EXPIRES_MS = 5000, WORDS_MAX = 40, NUMBERS_MAX = 8 };

static const char *const status_words[] = {"applied", "rejected", "stale"};

/* A command word by word; numbers need room. */
struct words {
	const char *items[WORDS_MAX];
	char numbers[NUMBERS_MAX][24];
	size_t count, number_count;
};

static void add(struct words *words, const char *name, const char *value)
{
	words->items[words->count++] = name;
	words->items[words->count++] = value;
}

static void add_number(struct words *words, const char *name, uint64_t value)
{
	char *text = words->numbers[words->number_count++];

	snprintf(text, sizeof(words->numbers[0]), "%" PRIu64, value);
	add(words, name, text);
}

static void add_facts(struct words *words, const struct utsname *host)
{
	add(words, "sluice", SLUICE_VERSION);
	add(words, "host", host->nodename);
	add(words, "kernel", host->release);
	add(words, "machine", host->machine);
	add_number(words, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
}

static void node_key(char key[STORE_KEY_SIZE], const struct standing *standing)
{
	snprintf(key, STORE_KEY_SIZE, "sluice:{%s}:node:%s", standing->lab, standing->node);
}

static bool put(const struct standing *standing, struct redis *redis, uint64_t now_ms,
	struct failure *failure)
{
	char key[STORE_KEY_SIZE], names[STORE_KEY_SIZE];
	struct words words = {.count = 0};
	struct utsname host = {0};

	uname(&host);
	node_key(key, standing);
	store_key(names, standing->lab, "nodes");
	add(&words, "HSET", key);
	add_number(&words, "version", standing->version);
	add(&words, "sha256", standing->sha256);
	add(&words, "status", status_words[standing->status]);
	add(&words, "error", standing->error);
	add_number(&words, "in_force", standing->in_force);
	add(&words, "in_force_sha256", standing->in_force_sha256);
	add_number(&words, "epoch", standing->epoch);
	add_number(&words, "heartbeat", now_ms);
	add_number(&words, "publish_ms", standing->publish_ms);
	add_facts(&words, &host);
	return redis_put(redis, failure, "SADD %s %s", names, standing->node) &&
	       redis_put_words(redis, failure, words.count, words.items) &&
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
