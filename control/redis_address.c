/* SPDX-License-Identifier: BSD-3-Clause */
#include "redis_address.h"

#include "units.h"

#include <string.h>

enum { PORT_DEFAULT = 6379, DATABASE_MAX = 65535 };

struct reader {
	const char *text; /* whole, for messages */
	const char *rest;
	struct failure *failure;
};

static bool refuse(const struct reader *reader, const char *why)
{
	return failure_set(
		reader->failure, EXIT_BAD_INPUT, "redis address \"%.200s\": %s", reader->text, why);
}

static bool begins(struct reader *reader, const char *scheme)
{
	size_t len = strlen(scheme);

	if (strncmp(reader->rest, scheme, len) != 0)
		return false;
	reader->rest += len;
	return true;
}

/* The next `len` bytes, which must fit. */
static bool take(struct reader *reader, size_t len, char *into, size_t size, const char *why)
{
	if (!len || len >= size)
		return refuse(reader, why);
	memcpy(into, reader->rest, len);
	into[len] = '\0';
	reader->rest += len;
	return true;
}

static bool read_user(struct reader *reader, struct redis_address *address)
{
	size_t len = strcspn(reader->rest, "@/?");

	if (reader->rest[len] != '@')
		return true;
	/* Not printed: what stands there may be a password. */
	if (memchr(reader->rest, ':', len))
		return failure_set(reader->failure, EXIT_BAD_INPUT,
			"a password in a redis address is for everybody to see: give it in "
			"SLUICE_REDIS_PASSWORD or by --redis-password-file");
	if (!take(reader, len, address->user, sizeof(address->user),
		    "a user has 1 to 63 characters"))
		return false;
	reader->rest++;
	return true;
}

static bool read_number(
	struct reader *reader, size_t len, uint64_t max, uint16_t *number, const char *what)
{
	char digits[8], why[UNITS_WHY];
	uint64_t value;

	if (!take(reader, len, digits, sizeof(digits), what))
		return false;
	if (!units_count(digits, max, &value, why))
		return refuse(reader, what);
	*number = (uint16_t)value;
	return true;
}

static bool read_host(struct reader *reader, struct redis_address *address)
{
	static const char wrong[] = "a host is wanted, as in redis://127.0.0.1:6379";
	bool bracket = *reader->rest == '[';
	size_t len = bracket ? strcspn(++reader->rest, "]") : strcspn(reader->rest, ":/?");

	if (!take(reader, len, address->host, sizeof(address->host), wrong))
		return false;
	if (bracket && *reader->rest++ != ']')
		return refuse(reader, "the bracket of the IPv6 address is not closed");
	address->port = PORT_DEFAULT;
	if (*reader->rest != ':')
		return true;
	reader->rest++;
	return read_number(reader, strcspn(reader->rest, "/"), UINT16_MAX, &address->port,
		"a port is a number from 1 to 65535");
}

static bool read_tcp(struct reader *reader, struct redis_address *address)
{
	if (!read_user(reader, address) || !read_host(reader, address))
		return false;
	if (!address->port)
		return refuse(reader, "a port is a number from 1 to 65535");
	if (*reader->rest == '/' && reader->rest[1]) {
		reader->rest++;
		return read_number(reader, strlen(reader->rest), DATABASE_MAX, &address->database,
			"after the host stands the number of a database, as in /0");
	}
	return !*reader->rest || strcmp(reader->rest, "/") == 0 ||
	       refuse(reader, "something is left over after the port");
}

static bool read_unix(struct reader *reader, struct redis_address *address)
{
	if (!read_user(reader, address))
		return false;
	if (*reader->rest != '/')
		return refuse(
			reader, "a socket has an absolute path, as in unix:///run/redis.sock");
	if (!take(reader, strcspn(reader->rest, "?"), address->path, sizeof(address->path),
		    "the path of a socket has at most 107 characters"))
		return false;
	if (!*reader->rest)
		return true;
	if (!begins(reader, "?db="))
		return refuse(reader, "after a socket's path may stand ?db=NUMBER");
	return read_number(reader, strlen(reader->rest), DATABASE_MAX, &address->database,
		"db is the number of a database");
}

bool redis_address_parse(const char *text, struct redis_address *address, struct failure *failure)
{
	struct reader reader = {text, text, failure};

	memset(address, 0, sizeof(*address));
	address->tls = strncmp(text, "rediss://", 9) == 0;
	if (begins(&reader, "redis://") || begins(&reader, "rediss://"))
		return read_tcp(&reader, address);
	if (begins(&reader, "unix://"))
		return read_unix(&reader, address);
	return failure_set(failure, EXIT_BAD_INPUT,
		"a redis address begins with redis://, rediss:// or unix://");
}
