/* SPDX-License-Identifier: BSD-3-Clause */
#include "versions.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 10 };

/* A file without a name that holds the document, at its begin; -1. */
static int file_of(const struct stored_ruleset *stored)
{
	int fd = memfd_create("document", 0);

	for (size_t done = 0; fd >= 0 && done < stored->len;) {
		ssize_t wrote = write(fd, stored->document + done, stored->len - done);

		if (wrote <= 0) {
			close(fd);
			return -1;
		}
		done += (size_t)wrote;
	}
	return fd;
}

static void run_diff(const struct stored_ruleset *from, const struct stored_ruleset *to, int fds[2])
{
	char names[2][64], paths[2][32];
	const uint64_t versions[2] = {from->version, to->version};

	for (int i = 0; i < 2; i++) {
		snprintf(names[i], sizeof(names[i]), "version %" PRIu64, versions[i]);
		snprintf(paths[i], sizeof(paths[i]), "/dev/fd/%d", fds[i]);
	}
	execlp("diff", "diff", "-u", "--label", names[0], "--label", names[1], paths[0], paths[1],
		(char *)NULL);
	_exit(127);
}

static bool wait_for(pid_t child, int *status)
{
	while (waitpid(child, status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return WIFEXITED(*status);
}

bool versions_diff(
	const struct stored_ruleset *from, const struct stored_ruleset *to, struct failure *failure)
{
	int fds[2] = {file_of(from), file_of(to)}, status = -1;
	pid_t child;

	fflush(stdout);
	child = fds[0] >= 0 && fds[1] >= 0 ? fork() : -1;
	if (child == 0)
		run_diff(from, to, fds);
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	if (child < 0 || !wait_for(child, &status) || WEXITSTATUS(status) > 1)
		return failure_set(failure, EXIT_REFUSED, "diff(1) cannot be run");
	return WEXITSTATUS(status) == 0 ||
	       failure_set(failure, EXIT_ANSWER_NO, "versions %" PRIu64 " and %" PRIu64 " differ",
		       from->version, to->version);
}

/* Nodes */

static const char *text_or_empty(const struct redis_answer *answer)
{
	const char *text = redis_text(answer, NULL);

	return text ? text : "";
}

/* A live node's row; NULL: it is gone. */
static json_t *node_row(
	struct redis *redis, const char *lab, const char *node, struct failure *failure)
{
	struct redis_answer *answer;
	char key[STORE_KEY_SIZE];
	json_t *row = NULL;

	snprintf(key, sizeof(key), "sluice:{%s}:node:%s", lab, node);
	answer = redis_ask(redis, failure, "HMGET %s version sha256 status error", key);
	if (redis_text(redis_at(answer, 2), NULL))
		row = json_pack("{s:s, s:I, s:s, s:s, s:s}", "node", node, "version",
			(json_int_t)redis_number(redis_at(answer, 0)), "sha256",
			text_or_empty(redis_at(answer, 1)), "status",
			text_or_empty(redis_at(answer, 2)), "error",
			text_or_empty(redis_at(answer, 3)));
	redis_forget(answer);
	return row;
}

static json_t *read_nodes(struct redis *redis, const char *lab, struct failure *failure)
{
	struct redis_answer *names;
	json_t *nodes = json_array();
	char key[STORE_KEY_SIZE];

	store_key(key, lab, "nodes");
	names = redis_ask(redis, failure, "SORT %s ALPHA", key);
	for (size_t i = 0; i < redis_count(names); i++) {
		json_t *row = node_row(redis, lab, text_or_empty(redis_at(names, i)), failure);

		if (row)
			json_array_append_new(nodes, row);
	}
	redis_forget(names);
	if (!failure->exit_code)
		return nodes;
	json_decref(nodes);
	return NULL;
}

static const char *field(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

/* It has this version in force, or has said that it will not. */
static bool has_answered(const json_t *row, uint64_t version, const char *sha256)
{
	return (uint64_t)json_integer_value(json_object_get(row, "version")) == version &&
	       strcmp(field(row, "sha256"), sha256) == 0 && strcmp(field(row, "status"), "stale");
}

static bool all_answered(const json_t *nodes, uint64_t version, const char *sha256)
{
	for (size_t i = 0; i < json_array_size(nodes); i++) {
		if (!has_answered(json_array_get(nodes, i), version, sha256))
			return false;
	}
	return true;
}

static void judge(
	const json_t *nodes, uint64_t version, const char *sha256, struct failure *failure)
{
	for (size_t i = 0; i < json_array_size(nodes); i++) {
		const json_t *row = json_array_get(nodes, i);

		if (!has_answered(row, version, sha256))
			failure_set(failure, EXIT_ANSWER_NO, "node %s has not answered in time",
				field(row, "node"));
		else if (strcmp(field(row, "status"), "applied") != 0)
			failure_set(failure, EXIT_ANSWER_NO, "node %s: %s: %s", field(row, "node"),
				field(row, "status"), field(row, "error"));
	}
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

json_t *versions_wait(struct redis *redis, const char *lab, uint64_t version, const char *sha256,
	uint64_t wait_ns, struct failure *failure)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	uint64_t begin_ns = now_ns();
	json_t *nodes = read_nodes(redis, lab, failure);

	while (nodes && !all_answered(nodes, version, sha256) && now_ns() - begin_ns < wait_ns) {
		nanosleep(&pause, NULL);
		json_decref(nodes);
		nodes = read_nodes(redis, lab, failure);
	}
	if (nodes && wait_ns)
		judge(nodes, version, sha256, failure);
	return nodes;
}

void versions_print(const json_t *nodes, FILE *out)
{
	for (size_t i = 0; i < json_array_size(nodes); i++) {
		const json_t *row = json_array_get(nodes, i);
		const char *error = field(row, "error");

		fprintf(out, "  %-20s version %lld, %s%s%s\n", field(row, "node"),
			(long long)json_integer_value(json_object_get(row, "version")),
			field(row, "status"), *error ? ": " : "", error);
	}
}
