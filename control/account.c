/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/account.h"

#include "control/fates_fields.h"

#include <stdlib.h>
#include <string.h>

static bool is_past(const char *name)
{
	return strncmp(name, "past.", 5) == 0;
}

/* Field of that name, or FATES_FIELDS. */
static unsigned find_field(const char *name)
{
	unsigned field = 0;

	while (field < FATES_FIELDS && strcmp(fates_fields[field].name, name) != 0)
		field++;
	return field;
}

static void read_hash(const struct redis_answer *hash, struct fates *fates, bool gauges)
{
	for (size_t i = 0; i + 1 < redis_count(hash); i += 2) {
		const char *name = redis_text(redis_at(hash, i), NULL);
		const char *value = redis_text(redis_at(hash, i + 1), NULL);
		unsigned field =
			!name || !value ? FATES_FIELDS : find_field(name + (is_past(name) ? 5 : 0));

		if (field < FATES_FIELDS && (gauges || fates_fields[field].past))
			fates_add_number(fates, field, strtoull(value, NULL, 10));
	}
}

void account_recall(struct account *account, const struct redis_answer *hash)
{
	read_hash(hash, &account->past, false);
}

void account_read(const struct redis_answer *hash, struct fates *fates)
{
	read_hash(hash, fates, true);
}

bool account_count(struct account *account, const struct fates *fates)
{
	if (fates->received.packets < account->now.received.packets) {
		fates_add_past(&account->past, &account->now);
		account->written = false;
	}
	account->now = *fates;
	return !account->written || memcmp(&account->now, &account->there, sizeof(account->now));
}

static void put_moment(const struct stamp *stamp, struct redis_words *words)
{
	redis_words_add_number(words, "seq", stamp->seq);
	redis_words_add_number(words, "ts_ns", stamp->ts_ns);
	redis_words_add_number(words, "interval_ns", stamp->interval_ns);
}

void stamp_put(const struct stamp *stamp, struct redis_words *words)
{
	redis_words_add_number(words, "epoch", stamp->epoch);
	put_moment(stamp, words);
}

/* A field that an earlier process left there is written also when it is 0 now. */
static void put_all(const struct account *account, struct redis_words *words)
{
	for (unsigned i = 0; i < FATES_FIELDS; i++) {
		uint64_t now = fates_number(&account->now, i);
		uint64_t past = fates_number(&account->past, i);

		if (now || past || !fates_fields[i].past || !i)
			redis_words_add_number(words, fates_fields[i].name, now);
		if (past)
			redis_words_add_number(words, fates_fields[i].past, past);
	}
}

static void put_changes(struct account *account, struct redis_words *words)
{
	for (unsigned i = 0; i < FATES_FIELDS; i++) {
		uint64_t now = fates_number(&account->now, i);
		uint64_t there = fates_number(&account->there, i);

		if (now == there)
			continue;
		redis_words_add_number(words, fates_fields[i].name, now);
		account->fresh += !there;
	}
}

bool account_put(struct account *account, struct redis *redis, const struct stamp *stamp,
	const struct redis_words *more, struct failure *failure)
{
	struct redis_words words;

	words.count = words.number_count = 0;
	redis_words_add(&words, "HSET", account->key);
	for (size_t i = 0; more && i < more->count; i += 2)
		redis_words_add(&words, more->items[i], more->items[i + 1]);
	account->fresh = 0;
	if (account->written) {
		put_moment(stamp, &words);
		put_changes(account, &words);
	} else {
		stamp_put(stamp, &words);
		put_all(account, &words);
	}
	return redis_words_put(&words, redis, failure);
}

bool account_answered(struct account *account, const struct redis_answer *answer)
{
	bool lost = account->written && redis_number(answer) > (long long)account->fresh;

	account->written = answer != NULL;
	account->there = account->now;
	return !lost;
}
