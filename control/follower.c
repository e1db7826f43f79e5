/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/follower.h"

#include "control/last_good.h"
#include "control/notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void stand(struct follower *follower, enum standing_status status, const char *error)
{
	struct standing *standing = &follower->standing;

	standing->status = status;
	snprintf(standing->error, sizeof(standing->error), "%s", error);
}

static void stand_on(struct follower *follower, uint64_t version, const char *sha256)
{
	follower->standing.version = version;
	snprintf(follower->standing.sha256, sizeof(follower->standing.sha256), "%s", sha256);
}

static void see(struct follower *follower, uint64_t version, const char *sha256)
{
	follower->seen = version;
	snprintf(follower->seen_sha256, sizeof(follower->seen_sha256), "%s", sha256);
}

static void is_in_force(struct follower *follower, uint64_t version, const char *sha256)
{
	struct standing *standing = &follower->standing;

	standing->in_force = version;
	snprintf(standing->in_force_sha256, sizeof(standing->in_force_sha256), "%s", sha256);
}

static void reject(struct follower *follower, const char *line)
{
	if (follower->standing.status != STANDING_REJECTED ||
		strcmp(follower->standing.error, line) != 0)
		notice("%s (the rules stay as they were)", line);
	stand(follower, STANDING_REJECTED, line);
}

static void keep(struct follower *follower, const struct stored_ruleset *stored)
{
	struct failure failure = {0};

	if (!last_good_write(follower->path, stored, &failure))
		notice("warning: the last good rules are not kept: %s", failure.line);
}

/* A document that is whole: it is put in force or refused, and needs no second look. */
static void take_up(struct follower *follower, const struct stored_ruleset *stored)
{
	struct request request = {.kind = REQUEST_RULES};
	char origin[48];

	snprintf(origin, sizeof(origin), "version %" PRIu64, stored->version);
	request.rules =
		rules_load_text(origin, stored->document, stored->len, NULL, 0, &request.failure);
	see(follower, stored->version, stored->sha256);
	stand_on(follower, stored->version, stored->sha256);
	if (!request.rules || !mailbox_ask(follower->mailbox, &request)) {
		rules_free(request.rules);
		reject(follower, request.failure.line);
		return;
	}
	is_in_force(follower, stored->version, stored->sha256);
	stand(follower, STANDING_APPLIED, "");
	keep(follower, stored);
}

/* What was looked at is not what is in force. False when Redis did not say more. */
static bool fetch(struct follower *follower, struct redis *redis, uint64_t version,
	const char *sha256, struct failure *failure)
{
	struct stored_ruleset stored;
	struct failure bad = {0};

	if (store_read(redis, follower->standing.lab, &stored, &bad)) {
		if (stored.version)
			take_up(follower, &stored);
		stored_ruleset_end(&stored);
		return true;
	}
	if (bad.exit_code != EXIT_BAD_INPUT)
		return failure_set(failure, bad.exit_code, "%s", bad.line);
	/* Not whole: it may become so under the same version. */
	stand_on(follower, version, sha256);
	reject(follower, bad.line);
	return true;
}

bool follower_look(struct follower *follower, struct redis *redis, struct failure *failure)
{
	const struct standing *standing = &follower->standing;
	uint64_t version;
	char sha256[65];

	if (!store_look(redis, follower->standing.lab, &version, sha256, failure))
		return false;
	if (!version) {
		stand_on(follower, standing->in_force, standing->in_force_sha256);
		see(follower, standing->in_force, standing->in_force_sha256);
		stand(follower, STANDING_STALE, "");
		return true;
	}
	if (version != follower->seen || strcmp(sha256, follower->seen_sha256) != 0)
		return fetch(follower, redis, version, sha256, failure);
	if (version == standing->in_force && strcmp(sha256, standing->in_force_sha256) == 0) {
		stand_on(follower, version, sha256);
		stand(follower, STANDING_APPLIED, "");
	}
	return true;
}

struct rules *follower_first_rules(struct follower *follower, struct failure *failure)
{
	struct stored_ruleset stored;
	struct rules *rules = NULL;
	struct failure bad = {0};
	char origin[PATH_MAX + 64];

	if (last_good_read(follower->path, &stored, &bad) && stored.version) {
		snprintf(origin, sizeof(origin), "version %" PRIu64 " (%s)", stored.version,
			follower->path);
		rules = rules_load_text(origin, stored.document, stored.len, NULL, 0, &bad);
	}
	if (rules) {
		notice("%s: in force until Redis says more", origin);
		stand_on(follower, stored.version, stored.sha256);
		see(follower, stored.version, stored.sha256);
		is_in_force(follower, stored.version, stored.sha256);
	} else if (bad.exit_code) {
		notice("warning: %s; no rules until Redis has some", bad.line);
	}
	stored_ruleset_end(&stored);
	return rules ? rules : rules_none(failure);
}
