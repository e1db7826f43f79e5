/* SPDX-License-Identifier: BSD-3-Clause */
#include "redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REDIRECTIONS_MAX = 5, NAME_SIZE = REDIS_HOST_SIZE + 16 };

struct redis {
	redisContext *context;
	char name[NAME_SIZE]; /* for messages */
};

struct redis_answer; /* is a redisReply */

static struct redis_answer *answer_of(redisReply *reply)
{
	return (struct redis_answer *)reply;
}

static const redisReply *reply_of(const struct redis_answer *answer)
{
	return (const redisReply *)answer;
}

static struct timeval time_of(unsigned ms)
{
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

/* What the connection says of itself; hiredis 0.14 has no code for time-outs. */
static bool fail(const struct redis *redis, struct failure *failure)
{
	const redisContext *context = redis->context;
	const char *why = context->errstr;

	if (context->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
		why = "no answer in time";
	return failure_set(failure, EXIT_REFUSED, "redis %s: %s", redis->name, why);
}

/* What Redis says when it says no, and what that means where it is not plain. */
static bool refuse(const struct redis *redis, const char *text, struct failure *failure)
{
	static const struct {
		const char *begins, *means;
	} meanings[] = {
		{"NOAUTH", "it wants a password: SLUICE_REDIS_PASSWORD or --redis-password-file"},
		{"WRONGPASS", "the user or the password is wrong"},
		{"ERR invalid password", "the password is wrong"},
		{"ERR Client sent AUTH, but no password is set", "it wants no password"},
		{"NOPERM", "this user may not do that"},
		{"READONLY", "it is a replica: give the address of the primary"},
		{"OOM", "it is out of memory"},
		{"MISCONF", "it cannot write to its disk and takes no writes"},
		{"LOADING", "it is still loading"},
		{"WRONGTYPE", "a key of this lab holds something else than Sluice put there"},
		{"ERR unknown command", "is it a Sentinel? give the address of the server itself"},
		{"MOVED", "the cluster moved this lab to another server"},
		{"ASK", "the cluster is moving this lab: try again"},
		{"CLUSTERDOWN", "the cluster is down"},
		{"TRYAGAIN", "the cluster is moving this lab: try again"},
	};
	const char *means = NULL;

	for (size_t i = 0; !means && i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (strncmp(text, meanings[i].begins, strlen(meanings[i].begins)) == 0)
			means = meanings[i].means;
	}
	return failure_set(failure, EXIT_REFUSED, "redis %s: %s%s%.200s%s", redis->name,
		means ? means : "", means ? " (" : "", text, means ? ")" : "");
}

static struct redis_answer *checked(struct redis *redis, redisReply *reply, struct failure *failure)
{
	if (!reply) {
		fail(redis, failure);
		return NULL;
	}
	if (reply->type != REDIS_REPLY_ERROR)
		return answer_of(reply);
	refuse(redis, reply->str, failure);
	/* Its other answers are another server's now. A new connection may find the primary. */
	if (strncmp(reply->str, "MOVED", 5) == 0 || strncmp(reply->str, "READONLY", 8) == 0)
		redis->context->err = REDIS_ERR_OTHER;
	freeReplyObject(reply);
	return NULL;
}

/* Connecting */

static redisContext *reach(const struct redis_address *address, unsigned wait_ms)
{
	struct timeval wait = time_of(wait_ms);

	return *address->path ? redisConnectUnixWithTimeout(address->path, wait)
			      : redisConnectWithTimeout(address->host, address->port, wait);
}

static bool log_in(
	struct redis *redis, const struct redis_options *options, struct failure *failure)
{
	const struct redis_address *address = &options->address;
	struct redis_answer *answer;

	if (options->password || *address->user) {
		const char *words[3] = {"AUTH"};
		size_t count = 1;

		if (*address->user)
			words[count++] = address->user;
		words[count++] = options->password ? options->password : "";
		answer = redis_ask_words(redis, failure, count, words);
		redis_forget(answer);
		if (!answer)
			return false;
	}
	if (!address->database)
		return true;
	answer = redis_ask(redis, failure, "SELECT %d", (int)address->database);
	redis_forget(answer);
	return answer != NULL;
}

static struct redis *open_at(const struct redis_options *options,
	const struct redis_address *address, struct failure *failure)
{
	struct redis *redis = calloc(1, sizeof(*redis));

	if (!redis) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		return NULL;
	}
	if (*address->path)
		snprintf(redis->name, sizeof(redis->name), "%s", address->path);
	else
		snprintf(redis->name, sizeof(redis->name), "%s:%u", address->host, address->port);
	redis->context = reach(address, options->wait_ms);
	if (!redis->context) {
		failure_set(failure, EXIT_REFUSED, "out of memory");
		free(redis);
		return NULL;
	}
	if (!redis->context->err) {
		redisSetTimeout(redis->context, time_of(options->wait_ms));
		if (!*address->path)
			redisEnableKeepAlive(redis->context);
		redis->context->reader->maxbuf = 1 << 20;
		if (log_in(redis, options, failure))
			return redis;
	} else {
		fail(redis, failure);
	}
	redis_close(redis);
	return NULL;
}

/* "MOVED 1234 10.0.0.1:6379" leads elsewhere. */
static bool read_moved(const char *text, struct redis_address *address)
{
	const char *host, *colon;

	if (strncmp(text, "MOVED ", 6) != 0)
		return false;
	host = strchr(text + 6, ' ');
	colon = host ? strrchr(host, ':') : NULL;
	if (!colon || (size_t)(colon - host) > REDIS_HOST_SIZE)
		return false;
	address->path[0] = '\0';
	if (colon > host + 1) /* else: the server that was asked */
		snprintf(address->host, sizeof(address->host), "%.*s", (int)(colon - host - 1),
			host + 1);
	address->port = (uint16_t)strtoul(colon + 1, NULL, 10);
	return address->port != 0;
}

enum probe { PROBE_HERE, PROBE_ELSEWHERE, PROBE_NO };

/* Asks for the key: a cluster says who has it. */
static enum probe probe(struct redis *redis, const struct redis_options *options,
	struct redis_address *address, struct failure *failure)
{
	redisReply *reply = redisCommand(redis->context, "EXISTS %s", options->key);
	enum probe found = PROBE_NO;

	if (reply && reply->type == REDIS_REPLY_ERROR && read_moved(reply->str, address)) {
		found = PROBE_ELSEWHERE;
		freeReplyObject(reply);
		return found;
	}
	redis_forget(checked(redis, reply, failure));
	return failure->exit_code ? PROBE_NO : PROBE_HERE;
}

struct redis *redis_connect(const struct redis_options *options, struct failure *failure)
{
	struct redis_address address = options->address;

	if (address.tls) {
		failure_set(failure, EXIT_BAD_INPUT,
			"rediss://: this build speaks no TLS to Redis: use a socket (unix://), or "
			"a tunnel such as stunnel on this host");
		return NULL;
	}
	for (int i = 0; i < REDIRECTIONS_MAX; i++) {
		struct redis *redis = open_at(options, &address, failure);
		enum probe found;

		if (!redis)
			return NULL;
		found = probe(redis, options, &address, failure);
		if (found == PROBE_HERE)
			return redis;
		redis_close(redis);
		if (found == PROBE_NO)
			return NULL;
	}
	failure_set(failure, EXIT_REFUSED, "redis: the cluster sends us round in circles");
	return NULL;
}

void redis_close(struct redis *redis)
{
	if (!redis)
		return;
	redisFree(redis->context);
	free(redis);
}

bool redis_is_broken(const struct redis *redis)
{
	return redis->context->err != 0;
}

/* Asking */

struct redis_answer *redis_ask(
	struct redis *redis, struct failure *failure, const char *format, ...)
{
	redisReply *reply;
	va_list args;

	va_start(args, format);
	errno = 0;
	reply = redisvCommand(redis->context, format, args);
	va_end(args);
	return checked(redis, reply, failure);
}

struct redis_answer *redis_ask_words(
	struct redis *redis, struct failure *failure, size_t count, const char *const words[])
{
	errno = 0;
	return checked(redis,
		redisCommandArgv(redis->context, (int)count, (const char **)words, NULL), failure);
}

bool redis_put(struct redis *redis, struct failure *failure, const char *format, ...)
{
	va_list args;
	int done;

	va_start(args, format);
	done = redisvAppendCommand(redis->context, format, args);
	va_end(args);
	return done == REDIS_OK || fail(redis, failure);
}

bool redis_put_words(
	struct redis *redis, struct failure *failure, size_t count, const char *const words[])
{
	return redisAppendCommandArgv(redis->context, (int)count, (const char **)words, NULL) ==
		       REDIS_OK ||
	       fail(redis, failure);
}

struct redis_answer *redis_take(struct redis *redis, struct failure *failure)
{
	void *reply = NULL;

	errno = 0;
	if (redisGetReply(redis->context, &reply) != REDIS_OK)
		reply = NULL;
	return checked(redis, reply, failure);
}

int redis_descriptor(const struct redis *redis)
{
	return redis->context->fd;
}

bool redis_send(struct redis *redis, struct failure *failure)
{
	int done = 0;

	errno = 0;
	while (!done) {
		if (redisBufferWrite(redis->context, &done) != REDIS_OK)
			return fail(redis, failure);
	}
	return true;
}

bool redis_look(struct redis *redis, struct redis_answer **answer, struct failure *failure)
{
	void *reply = NULL;

	*answer = NULL;
	errno = 0;
	if (redisBufferRead(redis->context) != REDIS_OK ||
		redisGetReplyFromReader(redis->context, &reply) != REDIS_OK)
		return fail(redis, failure);
	if (!reply)
		return true;
	*answer = checked(redis, reply, failure);
	return *answer != NULL;
}

/* Answers */

void redis_forget(struct redis_answer *answer)
{
	if (answer)
		freeReplyObject(answer);
}

const char *redis_text(const struct redis_answer *answer, size_t *len)
{
	const redisReply *reply = reply_of(answer);

	if (!reply || (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS))
		return NULL;
	if (len)
		*len = (size_t)reply->len;
	return reply->str;
}

long long redis_number(const struct redis_answer *answer)
{
	const redisReply *reply = reply_of(answer);
	const char *text = redis_text(answer, NULL);

	if (reply && reply->type == REDIS_REPLY_INTEGER)
		return reply->integer;
	return text ? strtoll(text, NULL, 10) : 0;
}

size_t redis_count(const struct redis_answer *answer)
{
	const redisReply *reply = reply_of(answer);

	return reply && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

const struct redis_answer *redis_at(const struct redis_answer *answer, size_t i)
{
	return i < redis_count(answer) ? answer_of(reply_of(answer)->element[i]) : NULL;
}

const struct redis_answer *redis_field(const struct redis_answer *answer, const char *name)
{
	for (size_t i = 0; i + 1 < redis_count(answer); i += 2) {
		const char *field = redis_text(redis_at(answer, i), NULL);

		if (field && strcmp(field, name) == 0)
			return redis_at(answer, i + 1);
	}
	return NULL;
}
