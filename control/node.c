/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/node.h"

#include "control/feed.h"
#include "control/follower.h"
#include "control/last_good.h"
#include "control/ledger.h"
#include "control/notice.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define MS_NS (1000ull * 1000)

enum {
	WAIT_MS = 1000,
	LOOK_MS = 1000, /* between two looks at the version, whatever the feed says */
	GRACE = 60,     /* intervals that counters of a rule outlive it */
	BACK_OFF_LEAST_MS = 50,
	BACK_OFF_MOST_MS = 2000,
	GOOD_BYE_SECONDS = 3,
};

struct node {
	struct node_options options;
	struct mailbox *mailbox;
	struct follower follower;
	struct ledger *ledger;
	struct snapshot last; /* of the box, when it has stopped; without ports before */
	pthread_t thread;
	bool begun;
	atomic_bool stopping;
	int wake;
	struct redis *redis;
	struct feed feed;
	uint64_t look_ns, numbers_ns; /* when each is due */
	bool looked_well;
	unsigned back_off_ms;
	char told[sizeof(((struct failure *)0)->line)]; /* "": all is well */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Telling */

static void tell_trouble(struct node *node, const char *line)
{
	if (strcmp(node->told, line) == 0)
		return;
	snprintf(node->told, sizeof(node->told), "%s", line);
	notice("%s (the rules stay as they were)", line);
}

static void tell_well(struct node *node)
{
	if (*node->told)
		notice("redis: all is well again");
	*node->told = '\0';
}

/* Redis */

static bool look(struct node *node, struct failure *failure)
{
	bool good = follower_look(&node->follower, node->redis, failure);

	/* What it stands for is told even when a key of the rules holds something else. */
	return !redis_is_broken(node->redis) &&
	       standing_write(&node->follower.standing, node->redis,
		       clock_ns(CLOCK_REALTIME) / MS_NS, failure) &&
	       good;
}

/* What the box counts, as it is now. False when it says nothing or Redis takes nothing. */
static bool publish(struct node *node, struct failure *failure)
{
	struct snapshot numbers = {0};
	struct request request = {.kind = REQUEST_NUMBERS, .numbers = &numbers};
	bool good = mailbox_ask(node->mailbox, &request);

	if (!good)
		return true; /* it is stopping, or has no memory: the next time */
	good = ledger_write(node->ledger, node->redis, &numbers, failure);
	snapshot_end(&numbers);
	return good;
}

static void hang_up(struct node *node)
{
	feed_close(&node->feed);
	redis_close(node->redis);
	node->redis = NULL;
}

static bool call(struct node *node, struct failure *failure)
{
	node->redis = redis_target_connect(&node->options.target, WAIT_MS, failure);
	return node->redis != NULL;
}

/* Sleeps until there is something to do; says whether the feed has something. */
static bool wait_for_news(struct node *node, uint64_t until_ns)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
	struct pollfd waiting[] = {{.fd = node->wake, .events = POLLIN},
		{.fd = feed_fd(&node->feed), .events = POLLIN}};

	return ppoll(waiting, 2, &left, NULL) > 0 && waiting[1].revents;
}

/* The feed is opened before the look, so that nothing falls between them. */
static bool look_now(struct node *node, uint64_t now_ns, struct failure *failure)
{
	node->looked_well = false;
	node->look_ns = now_ns + LOOK_MS * MS_NS;
	if (feed_fd(&node->feed) < 0)
		feed_open(&node->feed, &node->options.target, WAIT_MS, failure);
	node->looked_well = look(node, failure) && !failure->exit_code;
	return node->looked_well;
}

/* The next deadline that lies ahead: what was missed is not made up for. */
static uint64_t next_ns(uint64_t due_ns, uint64_t interval_ns, uint64_t now_ns)
{
	return now_ns < due_ns + interval_ns ? due_ns + interval_ns : now_ns + interval_ns;
}

/* All that is due. */
static void work(struct node *node, bool heard, struct failure *failure)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	bool news = false;

	if (heard)
		feed_hear(&node->feed, &news, failure);
	if ((news || now_ns >= node->look_ns) && look_now(node, now_ns, failure))
		node->back_off_ms = BACK_OFF_LEAST_MS;
	now_ns = clock_ns(CLOCK_MONOTONIC);
	if (now_ns < node->numbers_ns || redis_is_broken(node->redis))
		return;
	node->numbers_ns = next_ns(node->numbers_ns, node->options.publish_ns, now_ns);
	if (publish(node, failure) && node->looked_well)
		tell_well(node);
}

/* Until the connection breaks or the node ends. */
static void serve(struct node *node)
{
	bool heard = false;

	node->look_ns = 0;
	node->numbers_ns = clock_ns(CLOCK_MONOTONIC);
	ledger_repeat(node->ledger);
	while (!node->stopping && !redis_is_broken(node->redis)) {
		struct failure failure = {0};
		uint64_t due_ns;

		work(node, heard, &failure);
		if (failure.exit_code)
			tell_trouble(node, failure.line);
		due_ns = node->look_ns < node->numbers_ns ? node->look_ns : node->numbers_ns;
		heard = !redis_is_broken(node->redis) && wait_for_news(node, due_ns);
	}
}

/* Between half and all of the time, so that nodes do not come back in step. */
static void back_off(struct node *node)
{
	unsigned chance = 0, ms = node->back_off_ms;
	struct pollfd waiting = {.fd = node->wake, .events = POLLIN};

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (unsigned)clock_ns(CLOCK_MONOTONIC);
	poll(&waiting, 1, (int)(ms / 2 + chance % (ms / 2 + 1)));
	node->back_off_ms = ms * 2 < BACK_OFF_MOST_MS ? ms * 2 : BACK_OFF_MOST_MS;
}

static void good_bye(struct node *node)
{
	struct failure failure = {0};

	if (!node->redis || redis_is_broken(node->redis)) {
		hang_up(node);
		ledger_repeat(node->ledger);
	}
	if (node->redis || call(node, &failure)) {
		if (node->last.counters.sum.port_count)
			ledger_write(node->ledger, node->redis, &node->last, &failure);
		standing_leave(&node->follower.standing, node->redis, &failure);
	}
	hang_up(node);
}

static void *live(void *context)
{
	struct node *node = context;

	while (!node->stopping) {
		struct failure failure = {0};

		if (call(node, &failure))
			serve(node);
		else
			tell_trouble(node, failure.line);
		if (node->stopping)
			break;
		hang_up(node);
		back_off(node);
	}
	good_bye(node);
	return NULL;
}

/* From begin to end */

static void free_node(struct node *node)
{
	close(node->wake);
	mailbox_free(node->mailbox);
	ledger_free(node->ledger);
	snapshot_end(&node->last);
	free(node);
}

struct node *node_new(const struct node_options *options, struct failure *failure)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	node->options = *options;
	node->back_off_ms = BACK_OFF_LEAST_MS;
	node->follower.standing = (struct standing){
		.lab = node->options.target.lab,
		.node = node->options.name,
		.epoch = clock_ns(CLOCK_REALTIME),
		.publish_ms = options->publish_ns / MS_NS,
		.status = STANDING_STALE,
	};
	last_good_path(node->follower.path, options->folder, options->target.lab, options->name);
	node->ledger = ledger_new(options->target.lab, options->name, node->follower.standing.epoch,
		GRACE * options->publish_ns);
	node->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	node->mailbox = node->follower.mailbox = mailbox_new();
	if (node->wake >= 0 && node->mailbox && node->ledger)
		return node;
	failure_set(failure, EXIT_REFUSED, "no memory or no descriptors are left");
	free_node(node);
	return NULL;
}

struct mailbox *node_mailbox(const struct node *node)
{
	return node->mailbox;
}

struct rules *node_first_rules(struct node *node, struct failure *failure)
{
	return follower_first_rules(&node->follower, failure);
}

bool node_begin(struct node *node, struct failure *failure)
{
	node->begun = pthread_create(&node->thread, NULL, live, node) == 0;
	return node->begun ||
	       failure_set(failure, EXIT_REFUSED, "the thread for Redis does not start");
}

void node_end(struct node *node, const struct snapshot *last)
{
	struct timespec end;
	const uint64_t one = 1;

	if (!node)
		return;
	if (last && !snapshot_copy(&node->last, last))
		memset(&node->last, 0, sizeof(node->last));
	node->stopping = true;
	mailbox_close(node->mailbox);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += GOOD_BYE_SECONDS;
	/* A thread that hangs keeps what it has; the process ends soon. */
	if (node->begun &&
		(write(node->wake, &one, sizeof(one)) < 0 ||
			pthread_clockjoin_np(node->thread, NULL, CLOCK_MONOTONIC, &end) != 0)) {
		notice("warning: redis does not answer; left without good-bye");
		return;
	}
	free_node(node);
}
