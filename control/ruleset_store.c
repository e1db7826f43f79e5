/* SPDX-License-Identifier: BSD-3-Clause */
#include "ruleset_store.h"

#include "manifest.h"
#include "yaml.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * KEYS: ruleset, log, the document of the new version, that of the one that is kept no longer.
 * ARGV: version it follows, new version, digest, document, author, comment, versions kept.
 * Types are looked at before anything is written: a script that fails half way is not taken back.
 */
static const char write_script[] =
	"local have = redis.call('HGET', KEYS[1], 'version') or '0'\n"
	"if have ~= ARGV[1] then\n"
	"  return {0, have, redis.call('HGET', KEYS[1], 'author') or ''}\n"
	"end\n"
	"redis.call('XLEN', KEYS[2])\n"
	"local now = redis.call('TIME')\n"
	"local ms = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))\n"
	"redis.call('HSET', KEYS[1], 'version', ARGV[2], 'sha256', ARGV[3], 'document', ARGV[4],\n"
	"  'author', ARGV[5], 'comment', ARGV[6], 'time', ms)\n"
	"redis.call('SET', KEYS[3], ARGV[4])\n"
	"redis.call('DEL', KEYS[4])\n"
	"redis.call('XADD', KEYS[2], 'MAXLEN', '~', '10000', '*', 'version', ARGV[2],\n"
	"  'sha256', ARGV[3], 'author', ARGV[5], 'comment', ARGV[6], 'time', ms)\n"
	"return {1, ARGV[2]}\n";

void store_key(char key[STORE_KEY_SIZE], const char *lab, const char *rest)
{
	snprintf(key, STORE_KEY_SIZE, "sluice:{%s}:%s", lab, rest);
}

static void version_key(char key[STORE_KEY_SIZE], const char *lab, uint64_t version)
{
	snprintf(key, STORE_KEY_SIZE, "sluice:{%s}:ruleset:v:%" PRIu64, lab, version);
}

bool store_name_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_");

	return len && len < LAB_SIZE && !name[len];
}

void stored_ruleset_end(struct stored_ruleset *stored)
{
	free(stored->document);
	free(stored->author);
	free(stored->comment);
	memset(stored, 0, sizeof(*stored));
}

/* A copy that ends with NUL; NULL for what is no text. */
static char *copy(const struct redis_answer *answer, size_t *len)
{
	size_t bytes = 0;
	const char *text = redis_text(answer, &bytes);
	char *made = text ? malloc(bytes + 1) : NULL;

	if (len)
		*len = made ? bytes : 0;
	if (made)
		memcpy(made, text, bytes + 1);
	return made;
}

static void take_known(const struct redis_answer *version, const struct redis_answer *sha256,
	struct stored_ruleset *stored)
{
	const char *digest = redis_text(sha256, NULL);

	stored->version = (uint64_t)redis_number(version);
	snprintf(stored->sha256, sizeof(stored->sha256), "%s", digest ? digest : "");
}

/* Fields of an entry of the log; those that are not there stay empty. */
static void take_fields(const struct redis_answer *map, struct stored_ruleset *stored)
{
	take_known(redis_field(map, "version"), redis_field(map, "sha256"), stored);
	stored->author = copy(redis_field(map, "author"), NULL);
	stored->comment = copy(redis_field(map, "comment"), NULL);
	stored->time_ms = (uint64_t)redis_number(redis_field(map, "time"));
}

/* A document that was written by halves, or by something else. */
static bool whole(const struct stored_ruleset *stored, struct failure *failure)
{
	char hex[65];

	if (!stored->document)
		return failure_set(failure, EXIT_BAD_INPUT,
			"version %" PRIu64 " in Redis has no document", stored->version);
	manifest_sha256(stored->document, stored->len, hex);
	return strcmp(hex, stored->sha256) == 0 ||
	       failure_set(failure, EXIT_BAD_INPUT,
		       "the document of version %" PRIu64
		       " in Redis is not the one that its sha256 tells of",
		       stored->version);
}

static bool small_enough(struct redis *redis, const char *key, struct failure *failure)
{
	struct redis_answer *answer = redis_ask(redis, failure, "HSTRLEN %s document", key);
	long long bytes = redis_number(answer);

	redis_forget(answer);
	if (!answer)
		return false;
	return bytes <= YAML_BYTES_MAX ||
	       failure_set(failure, EXIT_BAD_INPUT,
		       "the document in Redis is too large: %lld MB, at most 16 MB",
		       bytes / 1000000);
}

bool store_read(struct redis *redis, const char *lab, struct stored_ruleset *stored,
	struct failure *failure)
{
	struct redis_answer *answer;
	char key[STORE_KEY_SIZE];

	memset(stored, 0, sizeof(*stored));
	store_key(key, lab, "ruleset");
	if (!small_enough(redis, key, failure))
		return false;
	answer = redis_ask(redis, failure, "HMGET %s version sha256 document", key);
	if (!answer)
		return false;
	take_known(redis_at(answer, 0), redis_at(answer, 1), stored);
	stored->document = copy(redis_at(answer, 2), &stored->len);
	redis_forget(answer);
	if (!stored->version || whole(stored, failure))
		return true;
	stored_ruleset_end(stored);
	return false;
}

bool store_look(struct redis *redis, const char *lab, uint64_t *version, char sha256[65],
	struct failure *failure)
{
	struct redis_answer *answer;
	const char *digest;
	char key[STORE_KEY_SIZE];

	store_key(key, lab, "ruleset");
	answer = redis_ask(redis, failure, "HMGET %s version sha256", key);
	if (!answer)
		return false;
	digest = redis_text(redis_at(answer, 1), NULL);
	*version = (uint64_t)redis_number(redis_at(answer, 0));
	snprintf(sha256, 65, "%s", digest ? digest : "");
	redis_forget(answer);
	return true;
}

bool store_read_version(struct redis *redis, const char *lab, uint64_t version,
	struct stored_ruleset *stored, struct failure *failure)
{
	struct redis_answer *answer;
	char key[STORE_KEY_SIZE];

	memset(stored, 0, sizeof(*stored));
	version_key(key, lab, version);
	answer = redis_ask(redis, failure, "GET %s", key);
	if (!answer)
		return false;
	stored->version = version;
	stored->document = copy(answer, &stored->len);
	redis_forget(answer);
	if (!stored->document)
		return failure_set(failure, EXIT_BAD_INPUT,
			"there is no version %" PRIu64 " of lab %s (the last %d are kept)", version,
			lab, STORE_VERSIONS);
	manifest_sha256(stored->document, stored->len, stored->sha256);
	return true;
}

static bool changed_meanwhile(
	const struct redis_answer *answer, uint64_t follows, struct failure *failure)
{
	uint64_t have = (uint64_t)redis_number(redis_at(answer, 1));
	const char *author = redis_text(redis_at(answer, 2), NULL);

	if (!have)
		return failure_set(failure, EXIT_ANSWER_NO,
			"version %" PRIu64 " is gone from Redis: the lab was emptied meanwhile",
			follows);
	if (!author || !*author)
		author = "somebody";
	if (!follows)
		return failure_set(failure, EXIT_ANSWER_NO,
			"changed meanwhile by %s, to version %" PRIu64
			"; `sluice rules show` prints it",
			author, have);
	return failure_set(failure, EXIT_ANSWER_NO,
		"changed meanwhile by %s, to version %" PRIu64 "; `sluice rules diff %" PRIu64
		" %" PRIu64 "` shows the difference",
		author, have, follows, have);
}

bool store_write(struct redis *redis, const char *lab, uint64_t follows,
	const struct stored_ruleset *stored, struct failure *failure)
{
	char ruleset[STORE_KEY_SIZE], log[STORE_KEY_SIZE], next[STORE_KEY_SIZE],
		last[STORE_KEY_SIZE];
	uint64_t version = follows + 1;
	struct redis_answer *answer;
	bool written;

	store_key(ruleset, lab, "ruleset");
	store_key(log, lab, "ruleset:log");
	version_key(next, lab, version);
	version_key(last, lab, version > STORE_VERSIONS ? version - STORE_VERSIONS : 0);
	answer = redis_ask(redis, failure, "EVAL %s 4 %s %s %s %s %llu %llu %s %b %s %s",
		write_script, ruleset, log, next, last, (unsigned long long)follows,
		(unsigned long long)version, stored->sha256, stored->document, stored->len,
		stored->author ? stored->author : "", stored->comment ? stored->comment : "");
	if (!answer)
		return false;
	written = redis_number(redis_at(answer, 0)) == 1 ||
		  changed_meanwhile(answer, follows, failure);
	redis_forget(answer);
	return written;
}

bool store_log(struct redis *redis, const char *lab, unsigned count,
	void (*tell)(void *context, const struct stored_ruleset *entry), void *context,
	struct failure *failure)
{
	struct redis_answer *answer;
	char key[STORE_KEY_SIZE];

	store_key(key, lab, "ruleset:log");
	answer = redis_ask(redis, failure, "XREVRANGE %s + - COUNT %u", key, count);
	if (!answer)
		return false;
	for (size_t i = redis_count(answer); i-- > 0;) {
		struct stored_ruleset entry = {0};

		take_fields(redis_at(redis_at(answer, i), 1), &entry);
		tell(context, &entry);
		stored_ruleset_end(&entry);
	}
	redis_forget(answer);
	return true;
}
