/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/node.h"

#include "control/feed.h"
#include "control/last_good.h"
#include "control/standing.h"

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
	BACK_OFF_LEAST_MS = 50,
	BACK_OFF_MOST_MS = 2000,
	GOOD_BYE_SECONDS = 3,
};

struct node {
	struct node_options options;
	struct mailbox *mailbox;
	char path[PATH_MAX]; /* of the last good rules */
	pthread_t thread;
	bool begun;
	atomic_bool stopping;
	int wake;
	struct redis *redis;
	struct feed feed;
	struct standing standing;
	uint64_t seen; /* version that needs no second look, with its digest */
	char seen_sha256[65];
	uint64_t look_ns;
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
	fprintf(stderr, "sluice: %s (the rules stay as they were)\n", line);
}

static void tell_well(struct node *node)
{
	if (*node->told)
		fprintf(stderr, "sluice: redis: all is well again\n");
	*node->told = '\0';
}

/* Rules */

static void stand(struct node *node, enum standing_status status, const char *error)
{
	struct standing *standing = &node->standing;

	standing->status = status;
	snprintf(standing->error, sizeof(standing->error), "%s", error);
}

static void stand_on(struct node *node, uint64_t version, const char *sha256)
{
	node->standing.version = version;
	snprintf(node->standing.sha256, sizeof(node->standing.sha256), "%s", sha256);
}

static void see(struct node *node, uint64_t version, const char *sha256)
{
	node->seen = version;
	snprintf(node->seen_sha256, sizeof(node->seen_sha256), "%s", sha256);
}

static void is_in_force(struct node *node, uint64_t version, const char *sha256)
{
	struct standing *standing = &node->standing;

	standing->in_force = version;
	snprintf(standing->in_force_sha256, sizeof(standing->in_force_sha256), "%s", sha256);
}

static void reject(struct node *node, const char *line)
{
	if (node->standing.status != STANDING_REJECTED || strcmp(node->standing.error, line) != 0)
		fprintf(stderr, "sluice: %s (the rules stay as they were)\n", line);
	stand(node, STANDING_REJECTED, line);
}

static void keep(struct node *node, const struct stored_ruleset *stored)
{
	struct failure failure = {0};

	if (!last_good_write(node->path, stored, &failure))
		fprintf(stderr, "sluice: warning: the last good rules are not kept: %s\n",
			failure.line);
}

/* A document that is whole: it is put in force or refused, and needs no second look. */
static void take_up(struct node *node, const struct stored_ruleset *stored)
{
	struct request request = {.kind = REQUEST_RULES};
	char origin[48];

	snprintf(origin, sizeof(origin), "version %" PRIu64, stored->version);
	request.rules =
		rules_load_text(origin, stored->document, stored->len, NULL, 0, &request.failure);
	see(node, stored->version, stored->sha256);
	stand_on(node, stored->version, stored->sha256);
	if (!request.rules || !mailbox_ask(node->mailbox, &request)) {
		rules_free(request.rules);
		reject(node, request.failure.line);
		return;
	}
	is_in_force(node, stored->version, stored->sha256);
	stand(node, STANDING_APPLIED, "");
	keep(node, stored);
}

/* What was looked at is not what is in force. False when Redis did not say more. */
static bool fetch(struct node *node, uint64_t version, const char *sha256, struct failure *failure)
{
	struct stored_ruleset stored;
	struct failure bad = {0};

	if (store_read(node->redis, node->options.target.lab, &stored, &bad)) {
		if (stored.version)
			take_up(node, &stored);
		stored_ruleset_end(&stored);
		return true;
	}
	if (bad.exit_code != EXIT_BAD_INPUT)
		return failure_set(failure, bad.exit_code, "%s", bad.line);
	/* Not whole: it may become so under the same version. */
	stand_on(node, version, sha256);
	reject(node, bad.line);
	return true;
}

static bool follow(struct node *node, struct failure *failure)
{
	const struct standing *standing = &node->standing;
	uint64_t version;
	char sha256[65];

	if (!store_look(node->redis, node->options.target.lab, &version, sha256, failure))
		return false;
	if (!version) {
		stand_on(node, standing->in_force, standing->in_force_sha256);
		see(node, standing->in_force, standing->in_force_sha256);
		stand(node, STANDING_STALE, "");
		return true;
	}
	if (version != node->seen || strcmp(sha256, node->seen_sha256) != 0)
		return fetch(node, version, sha256, failure);
	if (version == standing->in_force && strcmp(sha256, standing->in_force_sha256) == 0) {
		stand_on(node, version, sha256);
		stand(node, STANDING_APPLIED, "");
	}
	return true;
}

/* Redis */

static bool look(struct node *node, struct failure *failure)
{
	bool good = follow(node, failure);

	/* What it stands for is told even when a key of the rules holds something else. */
	return !redis_is_broken(node->redis) &&
	       standing_write(
		       &node->standing, node->redis, clock_ns(CLOCK_REALTIME) / MS_NS, failure) &&
	       good;
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

/* All that is due. The feed is opened before the look, so that nothing falls between them. */
static void work(struct node *node, bool heard, struct failure *failure)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
	bool news = false;

	if (heard)
		feed_hear(&node->feed, &news, failure);
	if (!news && now_ns < node->look_ns)
		return;
	if (feed_fd(&node->feed) < 0)
		feed_open(&node->feed, &node->options.target, WAIT_MS, failure);
	node->look_ns = now_ns + LOOK_MS * MS_NS;
	if (look(node, failure) && !failure->exit_code) {
		node->back_off_ms = BACK_OFF_LEAST_MS;
		tell_well(node);
	}
}

/* Until the connection breaks or the node ends. */
static void serve(struct node *node)
{
	bool heard = false;

	node->look_ns = 0;
	while (!node->stopping && !redis_is_broken(node->redis)) {
		struct failure failure = {0};

		work(node, heard, &failure);
		if (failure.exit_code)
			tell_trouble(node, failure.line);
		heard = !redis_is_broken(node->redis) && wait_for_news(node, node->look_ns);
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

	if (node->redis || call(node, &failure))
		standing_leave(&node->standing, node->redis, &failure);
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

struct node *node_new(const struct node_options *options, struct failure *failure)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	node->options = *options;
	node->back_off_ms = BACK_OFF_LEAST_MS;
	node->standing = (struct standing){
		.lab = node->options.target.lab,
		.node = node->options.name,
		.epoch = clock_ns(CLOCK_REALTIME),
		.publish_ms = options->publish_ns / MS_NS,
		.status = STANDING_STALE,
	};
	last_good_path(node->path, options->folder, options->target.lab, options->name);
	node->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	node->mailbox = mailbox_new();
	if (node->wake >= 0 && node->mailbox)
		return node;
	failure_set(failure, EXIT_REFUSED, "no descriptors are left");
	mailbox_free(node->mailbox);
	free(node);
	return NULL;
}

struct mailbox *node_mailbox(const struct node *node)
{
	return node->mailbox;
}

struct rules *node_first_rules(struct node *node, struct failure *failure)
{
	struct stored_ruleset stored;
	struct rules *rules = NULL;
	struct failure bad = {0};
	char origin[PATH_MAX + 64];

	if (last_good_read(node->path, &stored, &bad) && stored.version) {
		snprintf(origin, sizeof(origin), "version %" PRIu64 " (%s)", stored.version,
			node->path);
		rules = rules_load_text(origin, stored.document, stored.len, NULL, 0, &bad);
	}
	if (rules) {
		fprintf(stderr, "sluice: %s: in force until Redis says more\n", origin);
		stand_on(node, stored.version, stored.sha256);
		see(node, stored.version, stored.sha256);
		is_in_force(node, stored.version, stored.sha256);
	} else if (bad.exit_code) {
		fprintf(stderr, "sluice: warning: %s; no rules until Redis has some\n", bad.line);
	}
	stored_ruleset_end(&stored);
	return rules ? rules : rules_none(failure);
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
	node->stopping = true;
	mailbox_close(node->mailbox);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += GOOD_BYE_SECONDS;
	/* A thread that hangs keeps what it has; the process ends soon. */
	if (node->begun &&
		(write(node->wake, &one, sizeof(one)) < 0 ||
			pthread_clockjoin_np(node->thread, NULL, CLOCK_MONOTONIC, &end) != 0)) {
		fprintf(stderr, "sluice: warning: redis does not answer; left without good-bye\n");
		return;
	}
	close(node->wake);
	mailbox_free(node->mailbox);
	free(node);
}
