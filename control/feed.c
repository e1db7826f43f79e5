/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/feed.h"

#include <stdio.h>

enum { BLOCK_MS = 5000, ENTRIES_MAX = 100 };

static void remember(struct feed *feed, const struct redis_answer *entry)
{
	const char *id = redis_text(redis_at(entry, 0), NULL);

	if (id)
		snprintf(feed->last, sizeof(feed->last), "%s", id);
}

static bool find_last(struct feed *feed, struct failure *failure)
{
	struct redis_answer *answer =
		redis_ask(feed->redis, failure, "XREVRANGE %s + - COUNT 1", feed->log);

	snprintf(feed->last, sizeof(feed->last), "0-0");
	remember(feed, redis_at(answer, 0));
	redis_forget(answer);
	return answer != NULL;
}

static bool ask_for_more(struct feed *feed, struct failure *failure)
{
	return redis_put(feed->redis, failure, "XREAD COUNT %d BLOCK %d STREAMS %s %s",
		       (int)ENTRIES_MAX, (int)BLOCK_MS, feed->log, feed->last) &&
	       redis_send(feed->redis, failure);
}

bool feed_open(struct feed *feed, const struct redis_target *target, unsigned wait_ms,
	struct failure *failure)
{
	store_key(feed->log, target->lab, "ruleset:log");
	feed->redis = redis_target_connect(target, wait_ms, failure);
	if (feed->redis && find_last(feed, failure) && ask_for_more(feed, failure))
		return true;
	feed_close(feed);
	return false;
}

int feed_fd(const struct feed *feed)
{
	return feed->redis ? redis_descriptor(feed->redis) : -1;
}

bool feed_hear(struct feed *feed, bool *news, struct failure *failure)
{
	const struct redis_answer *entries;
	struct redis_answer *answer;

	*news = false;
	if (!redis_look(feed->redis, &answer, failure)) {
		feed_close(feed);
		return false;
	}
	if (!answer)
		return true;
	entries = redis_at(redis_at(answer, 0), 1);
	*news = redis_count(entries) > 0;
	if (*news)
		remember(feed, redis_at(entries, redis_count(entries) - 1));
	redis_forget(answer);
	if (ask_for_more(feed, failure))
		return true;
	feed_close(feed);
	return false;
}

void feed_close(struct feed *feed)
{
	redis_close(feed->redis);
	feed->redis = NULL;
}
